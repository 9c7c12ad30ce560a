import { fdatasyncSync, writeSync } from 'node:fs'

/**
 * Writes bytes to the end and waits until they are on the disk, by calls that keep the thread: whoever waits for both has nothing else
 * to do, and handing short calls to other threads takes longer than the calls.
 *
 * @param at where they begin; a file that is open for appending gets them at its end
 * @throws what the system says
 */
export function writeThrough(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const bytesWritten = writeSync(fd, bytes, done, bytes.length - done, at + done)
    if (bytesWritten === 0) throw new Error('no byte was taken')
    done += bytesWritten
  }
  fdatasyncSync(fd)
}
