// Puts a system's embedded weights into its package while it is packed: they belong to the repository, beside their card.
// npm runs this before and after (prepack, postpack), in the package's folder.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = 'weights';

if (process.argv[2] === 'remove') rmSync(folder, { recursive: true, force: true });
else {
  const file = `${basename(process.cwd())}.safetensors`;
  mkdirSync(folder, { recursive: true });
  copyFileSync(fileURLToPath(new URL(`../weights/${file}`, import.meta.url)), `${folder}/${file}`);
}
