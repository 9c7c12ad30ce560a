import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { processCpuMs } from './process-cpu.ts'

const isLinux = (() => {
  try {
    return readFileSync('/proc/self/stat', 'utf8') !== ''
  } catch {
    return false
  }
})()

it.skipIf(!isLinux)('tells what the process tells of itself, and nothing of a process that there is not', async () => {
  const before = process.cpuUsage()
  const found = (await processCpuMs(process.pid))!
  const after = process.cpuUsage()
  const [low, high] = [before, after].map(({ user, system }) => (user + system) / 1000)
  // It counts in ticks of ten milliseconds, one for each kind of time.
  expect(found).toBeGreaterThanOrEqual(low - 20)
  expect(found).toBeLessThanOrEqual(high + 20)
  expect(await processCpuMs(2 ** 22 + 1)).toBeNull()
})
