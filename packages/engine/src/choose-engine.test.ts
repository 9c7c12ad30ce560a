import { expect, it } from 'vitest'
import { chooseEngine, type EngineRequest } from './choose-engine.ts'

const AUTO: EngineRequest = { engine: 'auto', backend: 'auto', minibatchSize: 1024 }

/** A machine on which nothing that is not asked for is started. */
const machine = (has: { readonly gpu: boolean; readonly native: boolean }) => ({
  started: 0,
  async startOnGpu() {
    this.started++
    return has.gpu ? ('webgpu' as const) : null
  },
  hasNativeEngine: () => has.native,
})

it.each([
  ['a small minibatch stays on the cores, whatever card there is', 1024, true, true, { engine: 'native' }],
  ['without the add-on too', 16_383, true, false, { engine: 'portable' }],
  ['a large one goes to the card', 16_384, true, true, { engine: 'tfjs', backend: 'webgpu' }],
  ['where there is one', 262_144, false, true, { engine: 'native' }],
  ['and nothing else', 262_144, false, false, { engine: 'portable' }],
] as const)('auto: %s', async (_, minibatchSize, gpu, native, expected) => {
  expect(await chooseEngine({ ...AUTO, minibatchSize }, machine({ gpu, native }))).toEqual(expected)
})

it('auto does not start a card for a small minibatch', async () => {
  const small = machine({ gpu: true, native: true })
  await chooseEngine(AUTO, small)
  expect(small.started).toBe(0)
})

it.each([
  ['an engine', { ...AUTO, engine: 'portable', minibatchSize: 65_536 }, { engine: 'portable' }],
  ['the native engine, even where it is missing', { ...AUTO, engine: 'native' }, { engine: 'native' }],
  ['TF.js', { ...AUTO, engine: 'tfjs' }, { engine: 'tfjs', backend: 'auto' }],
  ['a backend', { ...AUTO, backend: 'webgpu' }, { engine: 'tfjs', backend: 'webgpu' }],
] as const)('what is named is taken: %s', async (_, request, expected) => {
  expect(await chooseEngine(request, machine({ gpu: true, native: false }))).toEqual(expected)
})
