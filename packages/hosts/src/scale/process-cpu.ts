import { readFile } from 'node:fs/promises'

/** Ticks of a second in which Linux tells times of processes (USER_HZ, see proc(5)). */
const TICKS = 100

/**
 * CPU time of a process and all its threads so far, in milliseconds.
 *
 * @returns null where the system does not tell: elsewhere than on Linux
 */
export async function processCpuMs(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The name, in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}
