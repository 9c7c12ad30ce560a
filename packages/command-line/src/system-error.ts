/** What the system refuses, in words: people get these in place of a stack. */

type Refusal = { readonly reason: string; readonly remedy: string }

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: { reason: 'no space is left on the device', remedy: 'Make room and repeat the command.' },
  EDQUOT: { reason: 'your share of the disk is used up', remedy: 'Make room and repeat the command.' },
  EFBIG: { reason: 'the file would be larger than is allowed', remedy: 'Raise the limit (ulimit -f).' },
  EIO: { reason: 'the device failed', remedy: 'Look at the disk and the system log.' },
  EROFS: { reason: 'the file system is read-only', remedy: 'Name a place that can be written to.' },
  EACCES: { reason: 'permission is denied', remedy: 'Name a place that you may use.' },
  EPERM: { reason: 'the operation is not permitted', remedy: 'Name a place that you may use.' },
  ENOENT: { reason: 'there is no such file or folder', remedy: 'Name one that is there.' },
  ENOTDIR: { reason: 'a part of the path is a file, not a folder', remedy: 'Name a path through folders.' },
  EISDIR: { reason: 'it is a folder, not a file', remedy: 'Name a file.' },
  EEXIST: { reason: 'something is there already', remedy: 'Give another name.' },
  EADDRINUSE: { reason: 'another process listens there', remedy: 'End it, or listen at another address.' },
  ECONNREFUSED: { reason: 'nobody listens there', remedy: 'Start what is to listen there, or name another address.' },
  EADDRNOTAVAIL: { reason: 'this machine does not have that address', remedy: 'Listen at one that it has.' },
  ENOTFOUND: { reason: 'no machine has that name', remedy: 'Look at how it is spelt.' },
  ELOOP: { reason: 'its links point to each other', remedy: 'Name a path without them.' },
  ENAMETOOLONG: { reason: 'the name is too long', remedy: 'Give a shorter one.' },
  EMFILE: {
    reason: 'this process may not open more files',
    remedy: 'Raise the limit (ulimit -n), or use fewer --actors.',
  },
  ENFILE: { reason: 'the system may not open more files', remedy: 'End other programs, or raise the limit.' },
  EAGAIN: {
    reason: 'the system has no more processes or threads',
    remedy: 'Raise the limit (ulimit -u), or use fewer --actors.',
  },
  ENOMEM: { reason: 'there is not enough memory', remedy: 'Free some, or use fewer --actors.' },
  ENXIO: { reason: 'nobody is at its other end', remedy: 'Begin what reads it first.' },
  EPIPE: { reason: 'nobody reads what is written', remedy: 'Repeat the command with a reader that stays.' },
}

/** Words of Node and of WebAssembly for memory that cannot be had. */
const OUT_OF_MEMORY =
  /Array buffer allocation failed|could not allocate memory|Out of memory|out of memory|Invalid typed array length|Cannot create a Buffer larger|ERR_WORKER_OUT_OF_MEMORY/

/** Why the system refused something, as part of a sentence: `no space is left on the device (ENOSPC)`. */
export function systemReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return Object.hasOwn(REFUSALS, code) ? `${REFUSALS[code].reason} (${code})` : firstLine(message)
}

/** What to do about it, as a sentence. */
export function systemRemedy(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return Object.hasOwn(REFUSALS, code) ? REFUSALS[code].remedy : 'Put that right and repeat the command.'
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: 'Check its permissions.',
  EPERM: 'Check its permissions.',
  EMFILE: 'Raise the limit (ulimit -n).',
}

/** What to do about a file that cannot be read where it lies, as a sentence. */
export function readingRemedy(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return Object.hasOwn(UNREADABLE, code) ? UNREADABLE[code] : systemRemedy(error)
}

/**
 * The message for an error of the machine, not of our code: what the system or the memory refused, where, and what to do.
 *
 * @returns null for any other error
 */
export function machineMessage(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (OUT_OF_MEMORY.test(`${code ?? ''} ${error.message}`)) {
    return `error MEMORY: This takes more memory than there is: ${firstLine(error.message)}. Use fewer --rows or --actors, smaller networks, or a higher limit (ulimit -v, --max-old-space-size).`
  }
  if (code === 'ERR_WORKER_INIT_FAILED') {
    return `error ${code}: No more threads can be started: ${firstLine(error.message)}. Raise the limits (ulimit -u, ulimit -n), or use fewer --actors.`
  }
  if (syscall === 'uv_cwd') return `error ${code}: The folder that you stand in is gone. Go to one that is there.`
  if (syscall === undefined || code === undefined) return null
  const where = path === undefined ? syscall : `${syscall} ${path}`
  return `error ${code}: ${where}: ${systemReason(error)}. ${systemRemedy(error)}`
}

function firstLine(text: string): string {
  return text.split('\n')[0].replace(/\.$/, '')
}
