import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadEventSequence, loadRecording } from '@vigil/data'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecider } from './decider.ts'
import { byRow, describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import { decideAll, replay } from './replay.ts'

let folder: ReturnType<typeof eventsFolder>
let team: Awaited<ReturnType<typeof drawnTeam>>
beforeAll(async () => {
  folder = eventsFolder()
  team = await drawnTeam(describedRequest(folder), { mode: 'iid', lstmHidden: [] })
})
afterAll(async () => {
  await team.close()
  folder.remove()
})

const all = { isJudged: () => true, isStopped: () => false }

describe('events of files', () => {
  it('are decided on as zeros where all their cells are missing', async () => {
    const path = join(folder.path, 'holes.csv')
    const others = Array.from({ length: 20 }, (_, i) => `${1_700_000_000 + i},h1,tcp,5,1111\n`)
    writeFileSync(path, `ts,host,proto,bytes,port\n-,-,-,-,-\n${others.join('')}`)
    const sequence = await loadEventSequence(path, team.bundle.pipeline)
    const bundle = { ...team.bundle, pipeline: sequence.pipeline }
    const decided = await byRow(decideAll(await createDecider(bundle), sequence, all))
    const fresh = await createDecider(bundle)
    const [expected] = fresh.decide([fresh.read({ proto: null, bytes: 'no number' })])
    expect(decided.size).toBe(21)
    expect(decided.get(0)).toEqual(expected)
  })

  it('name their row where they cannot be read', async () => {
    const events = [{ proto: 'tcp' }, { proto: 'tcp', ts: '2300-01-01T00:00:00Z' }]
    const sequence = { rowCount: 2, order: Uint32Array.of(0, 1), event: (row: number) => events[row] }
    const decider = await createDecider(team.bundle)
    await expect(byRow(decideAll(decider, { ...sequence, pipeline: team.bundle.pipeline }, all))).rejects.toMatchObject(
      {
        code: 'EVENT_INVALID',
        message: expect.stringMatching(/^Row 2: /),
      },
    )
  })

  it.each(['remember', 'pass over', 'decide'])('end soon after somebody asks for it, where they %s', async (fate) => {
    const recording = await loadRecording(team.request)
    let looked = 0
    const counting = {
      ...recording,
      event: (row: number) => {
        looked++
        return recording.event(row)
      },
    }
    const decider = await createDecider({ ...team.bundle, pipeline: recording.pipeline })
    let isStopped = false
    setImmediate(() => {
      isStopped = true
    })
    const none = { ...recording.splits.test, rows: new Uint32Array(0) }
    const decisions =
      fate === 'remember'
        ? replay(decider, { ...counting, splits: { ...recording.splits, test: none } }, 'test', () => isStopped)
        : decideAll(decider, counting, { isJudged: () => fate === 'decide', isStopped: () => isStopped })
    const decided = await byRow(decisions)
    expect(looked).toBe(256)
    expect(decided.size).toBe(fate === 'decide' ? 256 : 0)
  })
})
