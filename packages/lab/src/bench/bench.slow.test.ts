import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BENCH = fileURLToPath(new URL('./bench.ts', import.meta.url))

function run(...flags: string[]) {
  return spawnSync(process.execPath, [BENCH, ...flags], { encoding: 'utf8' })
}

it('measures in processes of their own, and prints a table and JSON', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'))
  const json = path.join(folder, 'bench.json')
  const { status, stdout } = run('--only=environment,rollout', '--cores=1', '--rounds=1', `--json=${json}`)
  expect(status).toBe(0)
  expect(stdout).toMatch(/environment +iid, 4 agents, no STL .* steps/)
  expect(stdout).toMatch(/environment +iid, 4 agents, four specifications .* steps/)
  expect(stdout).toMatch(/rollout +75 numbers, 128-128 .* % of /)
  expect(stdout).toMatch(/rollout +75 numbers, 128-128 +wasm, SIMD of 128 bits \(VIGIL_REVECTORISE=off\)/)
  const { outcomes } = JSON.parse(readFileSync(json, 'utf8'))
  rmSync(folder, { recursive: true })
  expect(outcomes).toHaveLength(4)
  for (const { result } of outcomes) {
    expect(result.peakMemoryMiB).toBeGreaterThan(20)
    expect(result.measurements[0].perSecond.best).toBeGreaterThan(0)
  }
  const [{ perSecond, gflops }] = outcomes[2].result.measurements
  // Four agents of 75-128-128-4, two operations for each weight.
  expect(gflops.best / perSecond.best).toBeCloseTo((4 * 2 * (75 * 128 + 128 * 128 + 128 * 4)) / 1e9, 12)
})

it.skipIf(isInstalled('@tensorflow/tfjs-node'))('says why a case was not measured, and goes on', () => {
  const { status, stdout } = run('--only=environment,tfjs', '--backends=tensorflow', '--cores=1', '--rounds=1')
  expect(status).toBe(0)
  expect(stdout).toMatch(/environment +iid/)
  expect(stdout).toMatch(/Not measured: .*"tensorflow".*npm install/)
})

it('takes turns with a peer, and prints the ratio with its spread', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'))
  const peer = path.join(folder, 'peer.mjs')
  const program = `
    import { createInterface } from 'node:readline'
    let work = null
    for await (const line of createInterface({ input: process.stdin })) {
      console.log(JSON.stringify(work === null ? { name: 'stand-in', modes: ['idle'] } : { units: work.rows, ms: 1e6 }))
      work ??= JSON.parse(line)
    }
  `
  writeFileSync(peer, program)
  const { status, stdout } = run('--only=peer', `--peer="${process.execPath}" "${peer}"`, '--cores=1', '--rounds=1')
  rmSync(folder, { recursive: true })
  expect(status).toBe(0)
  // 8,192 steps in 1,000 s.
  const line = /against stand-in, idle: [\d.]+ x \(median of the rounds, [\d.]+ to [\d.]+\), [\d,]+ against 8 steps/
  expect(stdout).toMatch(new RegExp(`75 numbers, 128-128, portable, .* ${line.source}`))
  expect(stdout).toMatch(new RegExp(`75 numbers, 128-128, critic 64-64, portable, .* ${line.source}`))
})

it('ends with 1 when nothing was measured, and with 2 before long work for a file that cannot be written', () => {
  const { status, stdout, stderr } = run('--only=time-to-f1', '--data=no-such-folder', '--rounds=1')
  expect(stdout).toMatch(/Not measured: .*no-such-folder/)
  expect(stderr).toMatch(/error NOT_MEASURED/)
  expect(status).toBe(1)
  const unwritable = run('--only=environment', '--json=no-such-folder/bench.json')
  expect(unwritable.stderr).toMatch(/^error OUTPUT_FILE: no-such-folder\/bench.json cannot be written/)
  expect(unwritable.status).toBe(2)
})

it('ends with 2 for a wrong flag', () => {
  const { status, stderr } = run('--rounds=many')
  expect(status).toBe(2)
  expect(stderr).toMatch(/--rounds must be an integer/)
})

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
