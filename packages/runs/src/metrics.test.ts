import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  appendMetrics,
  differenceOf,
  type IterationMetrics,
  linesSha256,
  NO_LINES,
  readMetrics,
  rewindMetrics,
} from './metrics.ts'
import { sampleMetrics } from './sample-run.fixture.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigil-metrics-'))
  path = join(folder, 'metrics.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

/** What a checkpoint written after these lines remembers. */
const known = (lines: readonly IterationMetrics[]) => ({
  iteration: lines.length,
  metricsSha256: linesSha256(lines),
  source: 'a test',
})

describe('metrics.jsonl', () => {
  it('gives back what was appended, one line each', async () => {
    const lines = [sampleMetrics(1), sampleMetrics(2, { validation: null }), sampleMetrics(5)]
    for (const line of lines) await appendMetrics(path, line)
    expect(await readMetrics(path)).toEqual(lines)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4)
  })

  it('writes a line as rewinding does, whatever the order of its fields', async () => {
    const backwards = Object.fromEntries(Object.entries(sampleMetrics(1)).reverse()) as IterationMetrics
    await appendMetrics(path, backwards)
    const appended = await readFile(path, 'utf8')
    await rewindMetrics(path, known([sampleMetrics(1)]))
    expect(await readFile(path, 'utf8')).toBe(appended)
  })

  it('writes measurements that are not finite as null', async () => {
    await appendMetrics(path, sampleMetrics(1, { valueLoss: Number.NaN, gradNormPolicy: Number.POSITIVE_INFINITY }))
    expect((await readMetrics(path))[0]).toMatchObject({ valueLoss: null, gradNormPolicy: null })
  })

  it('refuses to write what it would not read, and leaves the file alone', async () => {
    await expect(appendMetrics(path, sampleMetrics(1, { rewardMean: Number.NaN }))).rejects.toThrowError(/rewardMean/)
    const unknown = { ...sampleMetrics(1), surprise: 1 } as IterationMetrics
    await expect(appendMetrics(path, unknown)).rejects.toMatchObject({ code: 'METRICS_INVALID' })
    await expect(readFile(path)).rejects.toThrowError(/ENOENT/)
  })

  it('leaves out a last line torn at many places, and keeps a whole one that only lacks its newline', async () => {
    await appendMetrics(path, sampleMetrics(1))
    const whole = await readFile(path, 'utf8')
    const second = JSON.stringify(sampleMetrics(2))
    for (let length = 1; length < second.length; length += 5) {
      await writeFile(path, whole + second.slice(0, length))
      expect(await readMetrics(path)).toHaveLength(1)
    }
    await writeFile(path, whole + second)
    expect(await readMetrics(path)).toEqual([sampleMetrics(1), sampleMetrics(2)])
  })

  it.each([
    ['text', 'hello\n', /line 2 is not JSON/],
    ['another object', '{"loss":1}\n', /line 2 is not the metrics of an iteration \(iteration: /],
    ['another JSON value at the end', '[1]', /line 2 is not the metrics/],
    ['an empty line', '\n', /line 2 is not JSON/],
    ['a count that is no count', `${JSON.stringify(sampleMetrics(2, { envSteps: -1 }))}\n`, /envSteps/],
    ['an iteration that does not grow', `${JSON.stringify(sampleMetrics(1))}\n`, /iteration must be above 1/],
  ])('refuses %s, naming the line', async (_, foreign, message) => {
    await appendMetrics(path, sampleMetrics(1))
    await appendFile(path, foreign)
    await expect(readMetrics(path)).rejects.toThrowError(message)
    await expect(readMetrics(path)).rejects.toMatchObject({ code: 'METRICS_INVALID' })
  })

  it('is empty for an empty file and an error for a missing one', async () => {
    await expect(readMetrics(path)).rejects.toMatchObject({ code: 'RUN_FILE_UNREADABLE' })
    await writeFile(path, '')
    expect(await readMetrics(path)).toEqual([])
  })

  it('goes back to a checkpoint, dropping later lines and the torn one, so that appending goes on cleanly', async () => {
    for (let i = 1; i <= 4; i++) await appendMetrics(path, sampleMetrics(i))
    await appendFile(path, '{"iteration":5,"envS')
    expect(
      (await rewindMetrics(path, known([1, 2].map((i) => sampleMetrics(i))))).map((line) => line.iteration),
    ).toEqual([1, 2])
    await appendMetrics(path, sampleMetrics(3))
    expect((await readMetrics(path)).map((line) => line.iteration)).toEqual([1, 2, 3])
  })

  it.each([
    [[1, 2], 3, 'iteration 3 is missing'],
    [[1, 3, 4], 3, 'iteration 2 is missing'],
    [[2, 3], 3, 'iteration 1 is missing'],
    [[], 1, 'iteration 1 is missing'],
  ])('with the iterations %j does not go back to a checkpoint of iteration %i', async (iterations, last, message) => {
    await writeFile(path, '')
    for (const iteration of iterations) await appendMetrics(path, sampleMetrics(iteration))
    const before = await readFile(path, 'utf8')
    const refusal = { code: 'METRICS_INVALID', message: expect.stringContaining(message) }
    const asked = { ...known([]), iteration: last }
    await expect(rewindMetrics(path, asked)).rejects.toMatchObject(refusal)
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it('does not go back where the lines are not those that were written, times aside', async () => {
    const lines = [1, 2, 3].map((i) => sampleMetrics(i))
    const two = known(lines.slice(0, 2))
    const write = (changed: readonly object[]) =>
      writeFile(path, changed.map((line) => `${JSON.stringify(line)}\n`).join(''))
    for (const changed of [
      [lines[0], { ...lines[1], entropy: 0.123 }, lines[2]],
      [lines[0], { ...lines[1], validation: { ...lines[1].validation, f1: 0.999 } }],
    ]) {
      await write(changed)
      const before = await readFile(path, 'utf8')
      await expect(rewindMetrics(path, two)).rejects.toMatchObject({
        code: 'METRICS_INVALID',
        message: expect.stringContaining('is not as training left it: a test remembers other figures'),
      })
      expect(await readFile(path, 'utf8')).toBe(before)
    }
    await write([lines[0], { ...lines[1], updateMs: 1e6 }, { ...lines[2], entropy: 0.5 }])
    expect(await rewindMetrics(path, two)).toHaveLength(2)
  })

  it('hashes lines one after another, each with those before it', () => {
    const [a, b] = [sampleMetrics(1), sampleMetrics(2)]
    expect(linesSha256([])).toBe(NO_LINES)
    expect(linesSha256([b], linesSha256([a]))).toBe(linesSha256([a, b]))
    expect(linesSha256([a, b])).not.toBe(linesSha256([b, a]))
    expect(linesSha256([{ ...a, collectMs: 99 }])).toBe(linesSha256([a]))
  })

  it('tells where two runs differ, times aside', () => {
    const line = sampleMetrics(3)
    const times = { stepsPerSecond: 1, collectMs: 2, updateMs: 3 }
    expect(differenceOf(line, { ...line, ...times }, 3)).toBeNull()
    expect(differenceOf({ ...line, valueLoss: null }, { ...line, valueLoss: Number.NaN }, 3)).toBeNull()
    const backwards = Object.fromEntries(Object.entries(line).reverse()) as IterationMetrics
    expect(differenceOf(line, backwards, 3)).toBeNull()
    expect(differenceOf(line, { ...line, entropy: 1, rewardMean: 0.5 }, 3)).toEqual({
      line: 3,
      field: 'rewardMean',
      recorded: String(line.rewardMean),
      repeated: '0.5',
    })
    const actions = { ...line.actions, block: 501 }
    expect(differenceOf(line, { ...line, actions }, 3)).toMatchObject({ field: 'actions' })
    expect(differenceOf(undefined, line, 4)).toMatchObject({ line: 4, field: null, recorded: 'no such line' })
    expect(differenceOf(line, undefined, 4)).toMatchObject({ line: 4, field: null, repeated: 'no such line' })
    expect(differenceOf(undefined, undefined, 5)).toBeNull()
  })

  it('says so when the file cannot be written', async () => {
    await expect(appendMetrics(join(folder, 'missing', 'm.jsonl'), sampleMetrics(1))).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    })
  })
})
