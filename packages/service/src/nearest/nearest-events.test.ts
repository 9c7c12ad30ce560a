import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset, loadRecording } from '@vigil/data'
import { writeBundle } from '@vigil/runs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam } from '../serve/served-team.fixture.ts'
import { createNearestEvents, type LabelledSample } from './nearest-events.ts'
import { readSample, sampleOf, storeSample } from './sample-file.ts'

describe('the nearest events', () => {
  it('are those of a sort of all distances, the earlier first of two that are as near', () => {
    const row = fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }), fc.nat({ max: 2 }))
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 30 }),
        row,
        fc.integer({ min: 1, max: 8 }),
        (all, one, k) => {
          const sample: LabelledSample = {
            ...{ rows: all.map((_, i) => 10 + i), classNames: ['benign', 'scan'] },
            ...{
              labels: Uint8Array.from(all, ([a]) => Number(a > 0)),
              classes: Uint8Array.from(all, ([a]) => Number(a > 0)),
            },
            dense: Float32Array.from(all.flatMap((one) => one.slice(0, 2))),
            categorical: Uint16Array.from(all, ([, , c]) => c),
          }
          const expected = all
            .map(([a, b, c], i) => ({ i, square: (a - one[0]) ** 2 + (b - one[1]) ** 2 + Number(c !== one[2]) }))
            .sort((p, q) => p.square - q.square || p.i - q.i)
            .slice(0, k)
            .map(({ i, square }) => {
              const threat = all[i][0] > 0
              return { row: 10 + i, threat, class: threat ? 'scan' : 'benign', distance: Math.sqrt(square) }
            })
          const found = createNearestEvents(sample, k)(Float32Array.of(one[0], one[1]), Uint16Array.of(one[2]))
          expect(found).toEqual(expected)
        },
      ),
    )
  })
})

describe('a sample of the training', () => {
  let folder: ReturnType<typeof eventsFolder>
  let run: string
  let team: Awaited<ReturnType<typeof drawnTeam>>
  beforeAll(async () => {
    folder = eventsFolder()
    run = mkdtempSync(join(tmpdir(), 'vigil-sample-'))
    team = await drawnTeam(describedRequest(folder), { mode: 'iid', lstmHidden: [] })
    await team.close()
    mkdirSync(run, { recursive: true })
    await writeBundle(run, team.bundle)
  })
  afterAll(() => {
    folder.remove()
    rmSync(run, { recursive: true })
  })

  it('has training rows alone, half of them threats where there are so many', async () => {
    const { dataset } = await loadDataset(team.request)
    const training = new Set(dataset.splits.train.rows)
    const { rows, labels } = sampleOf(dataset, 40)
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
    expect(rows.every((row, i) => training.has(row - 1) && dataset.labels[row - 1] === labels[i])).toBe(true)
    expect([rows.length, labels.reduce((sum, label) => sum + label, 0)]).toEqual([40, 20])
    const all = sampleOf(dataset, 10_000)
    expect(new Set(all.rows.map((row) => row - 1))).toEqual(training)
  })

  it('tells in the reasons which events are nearest: of a training event itself, at no distance', async () => {
    const { dataset } = await loadDataset(team.request)
    const sample = sampleOf(dataset, 10_000)
    await storeSample(run, sample)
    const read = await readSample(run, team.bundle)
    expect(read).toEqual(sample)
    const recording = await loadRecording(team.request)
    const nearest = createNearestEvents(read, 3)
    const decider = await createDecider({ ...team.bundle, pipeline: recording.pipeline }, { why: true, nearest })
    const inSample = new Set(sample.rows)
    for (const row of recording.order) {
      const [{ why }] = decider.decide([decider.read(recording.event(row))])
      expect(why!.nearest).toHaveLength(3)
      if (!inSample.has(row + 1)) continue
      const same = why!.nearest!.filter(({ distance }) => distance === 0)
      expect(same.length).toBeGreaterThan(0)
      if (same.length < 3) expect(same.map((one) => one.row)).toContain(row + 1)
    }
  })

  it('comes with the answers of a service, and without it no other team takes the place of the one at work', async () => {
    await storeSample(run, sampleOf((await loadDataset(team.request)).dataset, 100))
    const recording = await loadRecording(team.request)
    const bundle = { ...team.bundle, pipeline: recording.pipeline }
    const nearest = async (of: typeof bundle) => createNearestEvents(await readSample(run, of), 2)
    const alone = await createDecider(bundle, { why: true, nearest: await nearest(bundle) })
    const { post, service, close } = await serveTeam(bundle, { why: true, nearest })
    try {
      const [first, second] = recording.order
      const answers = async (row: number) => await (await post('/v1/decide', recording.event(row))).json()
      const expected = (row: number) => alone.decide([alone.read(recording.event(row))])[0].why
      expect(await answers(first)).toMatchObject({ why: expected(first) })
      rmSync(join(run, 'bundle', 'neighbours.json'))
      await expect(service.exchange(bundle)).rejects.toMatchObject({ code: 'SAMPLE_INVALID' })
      expect(await answers(second)).toMatchObject({ why: expected(second) })
    } finally {
      await close()
    }
  })

  it('is refused where there is none, or it was changed', async () => {
    await storeSample(run, sampleOf((await loadDataset(team.request)).dataset, 20))
    const file = join(run, 'bundle', 'neighbours.json')
    const text = readFileSync(file, 'utf8')
    const refused = { code: 'SAMPLE_INVALID', kind: 'data' }
    for (const changed of [
      text.replace('"rows":[', '"rows":[1,'),
      text.replace('"bundle":"', '"bundle":"0'),
      '',
      '{}\n',
    ]) {
      writeFileSync(file, changed)
      await expect(readSample(run, team.bundle)).rejects.toMatchObject(refused)
    }
    rmSync(file)
    await expect(readSample(run, team.bundle)).rejects.toMatchObject(refused)
  })
})
