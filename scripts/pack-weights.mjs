// Puts a system's embedded weights, a file or a folder of its name, into its package while it is packed: they belong to the repository, beside their card.
// npm runs this before and after (prepack, postpack), in the package's folder.
import { cpSync, existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = 'weights';

if (process.argv[2] === 'remove') rmSync(folder, { recursive: true, force: true });
else {
  const name = basename(process.cwd());
  const all = fileURLToPath(new URL('../weights/', import.meta.url));
  const own = [`${name}.safetensors`, name].filter((entry) => existsSync(join(all, entry)));
  if (own.length === 0) console.warn(`${all} has no weights of ${name}: it is packed without`);
  for (const entry of own) cpSync(join(all, entry), join(folder, entry), { recursive: true });
}
