#!/usr/bin/env node
const { main } = await import('../dist/main.js').catch((error) => {
  // A missing package is a "package"; a file that the build makes is a "module".
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.startsWith('Cannot find module')) throw error;
  process.stderr.write('sextant: not built yet: run npm run build\n');
  process.exit(1);
});

process.exitCode = await main(process.argv.slice(2));
