import { hash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isErrorOf, type VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RUN_FILE_ERRORS } from '../errors.ts'
import { bundleFiles } from '../run-folder.ts'
import { sampleBundle } from './bundle.fixture.ts'
import { readBundle } from './read-bundle.ts'
import { writeBundle } from './write-bundle.ts'

let folder: string
let files: ReturnType<typeof bundleFiles>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigil-bundle-'))
  files = bundleFiles(folder)
  await writeBundle(folder, sampleBundle())
})
afterEach(async () => await rm(folder, { recursive: true }))

// biome-ignore lint/suspicious/noExplicitAny: JSON that a test spoils
type Settings = Record<string, any>

/** Writes bundle.json with a change, and with hashes of what the other files are now. */
async function change(alter: (settings: Settings) => void): Promise<void> {
  const settings: Settings = JSON.parse(await readFile(files.settings, 'utf8'))
  settings.sha256 = {
    'pipeline.json': hash('sha256', await readFile(files.pipeline)),
    'belief.json': hash('sha256', await readFile(files.belief)),
    'reference.json': hash('sha256', await readFile(files.reference)),
    'weights.bin': hash('sha256', await readFile(files.weights)),
  }
  alter(settings)
  await writeFile(files.settings, JSON.stringify(settings))
}

/** Code and message of the refusal; fails where there is none, or where something else is thrown. */
async function refusal(): Promise<{ code: string; message: string }> {
  const error = await readBundle(folder).then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(isErrorOf(RUN_FILE_ERRORS, error)).toBe(true)
  return error as VigilError
}

/** One mode, one class, one input. */
const streamModel = {
  ...{ denseCount: 1, categoricalCount: 1, kindColumn: null, classCount: 1, modeCount: 1, hazard: 0.1, kindOf: [0] },
  symbols: [{ kind: 'number', column: 0, thresholds: [0.5] }],
  ...{ begins: [1, 0, 0], phases: [0.9, 0.1, 0, 0, 0.5, 0.5, 0, 0, 1] },
  kinds: [{ starts: [1], returns: [1], moves: [1], tables: [[0.75, 0.25, 0.5, 0.5]] }],
} as const

describe('a bundle', () => {
  it('is read as it was written', async () => {
    expect(await readBundle(folder)).toEqual(sampleBundle())
  })

  it('is read as it was written by a team without critic, LSTM and specifications', async () => {
    const { network, environment, parameters, vote } = sampleBundle()
    const plain = sampleBundle({
      reference: null,
      network: { ...network, valueHidden: null, lstmHidden: [], layerNorm: false, denseSize: 1, constraintCount: 0 },
      environment: { ...environment, mode: 'iid', specifications: [], observeConstraints: false },
      vote: { ...vote, rule: 'quorum', weights: Uint32Array.of(1, 1, 1, 1) },
      specifications: [],
      // Embedding 3 x 8, dense 1 x 8, bias 8, head 8 x 4 and its bias 4, for each of four agents.
      parameters: parameters.slice(0, 4 * (24 + 8 + 8 + 32 + 4)),
    })
    await writeBundle(folder, plain)
    expect(await readBundle(folder)).toEqual(plain)
  })

  it('is read as it was written by a team that is told what to believe of a stream', async () => {
    const tree = [{ column: 0, threshold: 0.5, left: 1, right: 2 }, { value: -1 }, { value: 2 }]
    const trees = { denseCount: 1, categoricalCount: 1, bias: -0.25, trees: [tree] }
    const belief = { hazard: 0.01, prior: 0.5, share: 0.25, trees }
    const told = sampleBundle({ belief, stopFactor: Math.exp(0.5) })
    await writeBundle(folder, told)
    expect(await readBundle(folder)).toEqual(told)
  })

  it('is read as it was written by a team that is told what a hidden Markov model believes', async () => {
    const told = sampleBundle({ belief: streamModel })
    await writeBundle(folder, told)
    expect(await readBundle(folder)).toEqual(told)
  })

  it('holds each weight as four bytes, the lowest first', async () => {
    const bytes = await readFile(files.weights)
    expect(bytes.readFloatLE(4 * 17)).toBe(Math.fround(Math.sin(17)))
    expect(bytes.length).toBe(4 * sampleBundle().parameters.length)
  })

  it('is left alone where it has these bytes already, and replaced where it has not', async () => {
    const before = await stat(files.settings)
    await writeBundle(folder, sampleBundle())
    expect((await stat(files.settings)).ino).toBe(before.ino)
    const { parameters } = sampleBundle()
    await writeBundle(folder, sampleBundle({ parameters: parameters.map((value) => -value) }))
    expect((await readBundle(folder)).parameters[1]).toBe(Math.fround(-Math.sin(1)))
    expect((await readdir(dirname(files.settings))).sort()).toEqual([
      'belief.json',
      'bundle.json',
      'pipeline.json',
      'reference.json',
      'weights.bin',
    ])
  })

  it('is no bundle any more where writing it anew ends early', async () => {
    await rm(files.weights)
    await mkdir(files.weights) // a folder in the way of the first file
    await expect(writeBundle(folder, sampleBundle())).rejects.toThrow(files.weights)
    expect(await refusal()).toMatchObject({ code: 'BUNDLE_MISSING' })
  })
})

describe('a bundle that is refused', () => {
  it('names the version that wrote it and what to do', async () => {
    await change((settings) => Object.assign(settings, { version: 5, vigil: '3.1.0', news: true }))
    const { code, message } = await refusal()
    expect(code).toBe('BUNDLE_VERSION')
    expect(message).toContain('format version 5, written by Vigil 3.1.0; Vigil 0.1.0 reads version 4')
    expect(message).toContain('evaluate the run')
  })

  it('is of a folder that is not there', async () => {
    const nowhere = join(folder, 'nowhere')
    const message = `${nowhere}: there is no such folder. Give the folder of a run, as runs/NAME.`
    await expect(readBundle(nowhere)).rejects.toMatchObject({ code: 'BUNDLE_MISSING', message })
  })

  it.each(['settings', 'pipeline', 'belief', 'reference', 'weights'] as const)('lacks its %s', async (name) => {
    await rm(files[name])
    const { code, message } = await refusal()
    expect(code).toBe('BUNDLE_MISSING')
    expect(message).toContain(files[name])
  })

  it.each([
    ['other weights than its own', 'weights', 'SHA-256'],
    ['another pipeline than its own', 'pipeline', 'SHA-256'],
    ['another belief than its own', 'belief', 'SHA-256'],
    ['another reference than its own', 'reference', 'SHA-256'],
  ] as const)('has %s', async (_, name, reason) => {
    const bytes = await readFile(files[name])
    bytes[bytes.length - 3] ^= 1
    await writeFile(files[name], bytes)
    const { code, message } = await refusal()
    expect(code).toBe('BUNDLE_INVALID')
    expect(message).toContain(reason)
  })

  it('has trees of other inputs than its pipeline', async () => {
    const belief = { hazard: 0, prior: 1, share: 1, trees: { denseCount: 2, categoricalCount: 1, bias: 0, trees: [] } }
    await writeBundle(folder, sampleBundle({ belief }))
    const { code, message } = await refusal()
    expect(code).toBe('BUNDLE_INVALID')
    expect(message).toContain('2 numbers and 1 categories as inputs, and pipeline.json 1 and 1')
  })

  it('has a hidden Markov model that is none, or of other inputs', async () => {
    await writeBundle(folder, sampleBundle({ belief: { ...streamModel, denseCount: 2 } }))
    expect((await refusal()).message).toContain('2 numbers and 1 categories as inputs, and pipeline.json 1 and 1')
    await writeBundle(folder, sampleBundle({ belief: { ...streamModel, begins: [1, 1, 0] } }))
    expect((await refusal()).message).toContain('begins')
  })

  it('has trees that are none', async () => {
    await writeFile(files.belief, '{"hazard":0,"prior":1,"share":1,"trees":7}')
    await change(() => undefined)
    expect((await refusal()).message).toContain('must have the fields of a model')
    await writeFile(files.belief, '{"hazard":1,"prior":1,"share":1,"trees":7}')
    await change(() => undefined)
    expect((await refusal()).message).toContain('hazard')
  })

  it.each<[string, (reference: Settings) => void, RegExp]>([
    ['a bin more than its edges make', ({ dense }) => dense[0].counts.push(0), /bins are not/],
    ['counts of other rows than it has', (reference) => Object.assign(reference, { rows: 11 }), /bins are not/],
    ['edges that do not ascend', ({ dense }) => dense[0].edges.reverse(), /bins are not/],
    ['a category that its vocabulary lacks', ({ categorical }) => categorical[0].categories.fill(3), /bins are not/],
    ['an input less than its pipeline', ({ categorical }) => categorical.pop(), /bins are not/],
    ['a count that is none', ({ dense }) => dense[0].counts.fill(-1), /counts/],
  ])('has a reference with %s', async (_, alter, reason) => {
    const reference = JSON.parse(await readFile(files.reference, 'utf8'))
    alter(reference)
    await writeFile(files.reference, JSON.stringify(reference))
    await change(() => undefined)
    const { code, message } = await refusal()
    expect(code).toBe('BUNDLE_INVALID')
    expect(message).toMatch(reason)
  })

  it('has a weight that is no number', async () => {
    const bytes = await readFile(files.weights)
    bytes.writeFloatLE(Number.NaN, 40)
    await writeFile(files.weights, bytes)
    await change(() => undefined)
    expect((await refusal()).message).toContain('weight 10 is NaN')
  })

  it.each([-4, 4])('has other weights than its network by %i bytes', async (more) => {
    const bytes = await readFile(files.weights)
    await writeFile(files.weights, more < 0 ? bytes.subarray(0, more) : Buffer.concat([bytes, Buffer.alloc(more)]))
    await change(() => undefined)
    expect((await refusal()).message).toMatch(/bytes/)
  })

  it.each<[string, (settings: Settings) => void, RegExp]>([
    ['an unknown setting', (s) => Object.assign(s, { learningRate: 1 }), /learningRate/],
    ['too many faults for its agents', (s) => Object.assign(s.vote, { faults: 2 }), /3 x faults \+ 1/],
    ['a weight that decides alone', (s) => Object.assign(s.vote, { weights: [9, 1, 1, 1] }), /smallest/],
    ['an agent more than its weights', (s) => s.vote.weights.push(125_000), /bytes/],
    ['a formula that is none', (s) => Object.assign(s.specifications[0], { formula: 'G (' }), /cannot be used/],
    ['two specifications of one name', (s) => s.specifications.push(s.specifications[0]), /names must differ/],
    ['more weights than can be read', (s) => (s.network.lstmHidden = Array(8).fill(2048)), /more than 1073741824/],
  ])('has %s', async (_, alter, reason) => {
    await change(alter)
    const { code, message } = await refusal()
    expect(['BUNDLE_INVALID', 'RUN_FILE_UNREADABLE']).toContain(code)
    expect(message).toMatch(reason)
  })

  it('has bytes changed anywhere, and is then either the same or refused', async () => {
    const name = fc.constantFrom('settings', 'pipeline', 'belief', 'reference', 'weights')
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(
        name,
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (which, edits, cut) => {
          const kind = which as keyof typeof files
          const whole = await readFile(files[kind])
          const bytes = Buffer.from(whole)
          for (const { at, byte } of edits) bytes[Math.floor(at * bytes.length)] = byte
          await writeFile(files[kind], cut ? bytes.subarray(0, Math.floor(edits[0].at * bytes.length)) : bytes)
          try {
            const found = await readBundle(folder)
            // What bundle.json says in words and numbers is not hashed: it is bounded and has the same shape.
            expect(found.parameters).toEqual(sampleBundle().parameters)
            expect(found.pipeline).toEqual(sampleBundle().pipeline)
            expect(found.belief).toEqual(sampleBundle().belief)
            expect(found.reference).toEqual(sampleBundle().reference)
          } catch (error) {
            expect(isErrorOf(RUN_FILE_ERRORS, error)).toBe(true)
          } finally {
            await writeFile(files[kind], whole)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('has any JSON for settings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        await writeFile(files.settings, json)
        await refusal()
      }),
      { numRuns: 100 },
    )
  })
})
