// Puts the embedded weights into the vocoder's package while it is packed: they belong to the repository, beside their
// card. npm runs this before and after (prepack, postpack).
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const folder = path('../packages/vocoder/weights');

if (process.argv[2] === 'remove') rmSync(folder, { recursive: true, force: true });
else {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path('../weights/vocoder.safetensors'), `${folder}/vocoder.safetensors`);
}
