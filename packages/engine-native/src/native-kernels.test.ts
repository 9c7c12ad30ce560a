import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NetworkSpec, networkPlanBytes, writeNetworkPlan } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { loadNativeKernels, type NativeKernels } from './native-kernels.ts'
import { ADDON_FILE } from './places.ts'

const hasCompiler = spawnSync(process.env.CC ?? 'cc', ['--version']).status === 0
const loaded = loadNativeKernels()

it.skipIf(!hasCompiler)('has been built and loads where a C compiler is (skipped: there is none here)', () => {
  expect(loaded).toMatchObject({ families: expect.arrayContaining(['portable-c']) })
})

it('says why there are no kernels', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-native-'))
  try {
    expect(loadNativeKernels(join(folder, 'vigil.node'))).toBe('it has not been built')
    const file = join(folder, 'broken.node')
    writeFileSync(file, 'not a library')
    expect(loadNativeKernels(file)).toMatch(/^it does not load \(.*broken\.node.*\)$/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4],
  policyHidden: [16],
  valueHidden: null,
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

describe.skipIf(typeof loaded === 'string')('the add-on', () => {
  it.each([
    ['of other sources', `${'0'.repeat(64)}\n`],
    ['of which nothing is known', null],
  ])('is not used where it is one %s', (_, stamp) => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-native-'))
    try {
      copyFileSync(ADDON_FILE, join(folder, 'vigil.node'))
      if (stamp !== null) writeFileSync(join(folder, 'stamp'), stamp)
      expect(loadNativeKernels(join(folder, 'vigil.node'))).toMatch(/^it was built from other sources$/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  const kernels = loaded as NativeKernels
  const at = 256
  const memoryWithPlan = () => {
    const memory = new Uint8Array(65_536)
    writeNetworkPlan(SPEC, { buffer: memory.buffer, at })
    return memory
  }

  it('lays out a workspace in whole cache lines, larger for longer segments', () => {
    const memory = memoryWithPlan()
    const bytes = kernels.workspaceBytes(memory, at, 1)
    expect(bytes % 64).toBe(0)
    expect(kernels.workspaceBytes(memory, at, 1000)).toBeGreaterThan(10 * bytes)
  })

  it.each([
    ['no plan at all', () => new Uint8Array(65_536)],
    ['a plan that ends behind the memory', () => memoryWithPlan().subarray(0, at + networkPlanBytes(SPEC) - 1)],
    ['a width of none', () => withWord(memoryWithPlan(), at + 52, 0)],
    ['more agents than there may be', () => withWord(memoryWithPlan(), at, 65)],
  ])('refuses %s', (_, memory) => {
    expect(() => kernels.workspaceBytes(memory(), at, 1)).toThrow(/the plan is none/)
  })

  it('refuses what is no memory', () => {
    const wrong = new Float32Array(64) as unknown as Uint8Array
    expect(() => kernels.workspaceBytes(wrong, 0, 1)).toThrow(/takes a memory/)
    expect(() => kernels.learn(wrong, 'portable-c', 0, Uint32Array.of(64))).toThrow(/takes a memory/)
  })
})

function withWord(memory: Uint8Array, offset: number, value: number): Uint8Array {
  new DataView(memory.buffer).setInt32(offset, value, true)
  return memory
}
