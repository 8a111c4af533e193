/**
 * @module Sound and pictures of any file, decoded by the `ffmpeg` program where it is installed.
 *
 * The program runs without a shell. It may open the one input only: playlists and other formats that name further
 * files or addresses are not on the list of formats, and no protocol but the input's own is allowed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { InputError } from './errors.js';

/** Containers and raw streams whose sound and pictures are inside the file itself. */
const FORMATS =
  'aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,' +
  'mpegts,mxf,ogg,rm,truehd,tta,voc,w64,wav,wv';

/** What ffmpeg says, and what it means to the user. Other messages are passed on. */
const MEANINGS: readonly (readonly [said: RegExp, meaning: string])[] = [
  [/not on whitelist/, 'it is no sound or video, or a playlist, which is refused'],
  [/partial file/, 'it is cut off, or of a format that can be read from a file only, not from a pipe'],
  [/Invalid (argument|data found)/, 'it is no sound or video, or it is damaged'],
];

/** What ffmpeg is asked for. */
export interface Wanted {
  /** Its options for the output: which stream, in what form. */
  readonly options: readonly string[];
  /** What a user is told where there is no such stream. */
  readonly missing: string;
}

/** A running ffmpeg. */
export interface Decoding {
  /** What was wanted, as bytes. Reading it throws when ffmpeg fails. */
  output: AsyncGenerator<Uint8Array>;
  /** Why nothing came, after `output` has ended. */
  complaint(): InputError;
  /** Ends ffmpeg. */
  stop(): Promise<void>;
}

/**
 * Begins to decode.
 *
 * @param input - the path of a regular file, or the bytes of a stream
 * @param name - what messages call it
 * @param wanted - of it
 * @returns undefined when ffmpeg is not installed.
 */
export async function decodeWithFfmpeg(
  input: string | AsyncIterable<Uint8Array>,
  name: string,
  { options, missing }: Wanted,
): Promise<Decoding | undefined> {
  const isPath = typeof input === 'string';
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
      ...['-protocol_whitelist', isPath ? 'file' : 'pipe', '-format_whitelist', FORMATS],
      // With its protocol before it, a name cannot be taken for an option or an address.
      ...['-i', isPath ? `file:${input}` : 'pipe:0'],
      ...options,
      'pipe:1',
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  try {
    await once(child, 'spawn');
  } catch {
    return undefined;
  }
  const exit = once(child, 'close');
  // ffmpeg may stop reading early; what it says about that arrives with its exit.
  pipeline(isPath ? [] : input, child.stdin).catch(() => {});
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  const complaint = () => {
    const meaning = /matches no streams/.test(said)
      ? missing
      : MEANINGS.find(([pattern]) => pattern.test(said))?.[1];
    const last = said
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(isPath ? `file:${input}: ` : 'pipe:0: ', '');
    return new InputError(`${name}: ffmpeg cannot read it: ${meaning ?? (last || 'it does not say why')}`);
  };
  async function* output(): AsyncGenerator<Uint8Array> {
    for await (const chunk of child.stdout) yield chunk;
    const [code] = await exit;
    if (code !== 0) throw complaint();
  }
  const stop = async () => {
    child.kill('SIGKILL');
    // The process is not gone before its pipes are.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    await exit;
  };
  return { output: output(), complaint, stop };
}
