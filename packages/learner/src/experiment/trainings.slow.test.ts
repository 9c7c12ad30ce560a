import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { planTraining } from '../cli/plan-training.ts'
import type { PlannedTraining } from './planned-training.ts'
import { trainAll } from './trainings.ts'

let folder: string
let text = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-trainings-'))
  mkdirSync(join(folder, 'log.folder'))
  writeFileSync(join(folder, 'file'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

const session = {
  stream: { write: (more: string) => (text += more) },
  stop: { requested: () => false, onRequest: () => () => undefined },
}

/** A long training. @param begin words that its process is given instead; none = its own */
async function planned(name: string, begin: readonly string[], log = `${name}.log`): Promise<PlannedTraining> {
  const place = { name, out: join(folder, name), log: join(folder, log) }
  const plan = await planTraining(['--dataset=synthetic', '--rows=1000', '--iterations=100000'], place)
  return { ...plan, words: { ...plan.words, begin: begin.length > 0 ? begin : plan.words.begin } }
}

describe('trainings in processes of their own', () => {
  it('tell bad data from other reasons, and a log that cannot be written', async () => {
    const trainings = [
      await planned('data', ['--dataset=darpa-tc', '--data=no/such/folder']),
      await planned('usage', ['--itterations=3'], 'log.folder'),
    ]
    const unfinished = await trainAll(trainings, session, 2)
    expect(unfinished.get('data')).toEqual({ reason: expect.stringMatching(/^error PATH_MISSING/), isData: true })
    expect(unfinished.get('usage')).toEqual({ reason: expect.stringMatching(/^error UNKNOWN_FLAG/), isData: false })
    expect(text).toMatch(/^usage: \S+log\.folder is not written any more: it is a folder, not a file \(EISDIR\)/m)
    expect(text).not.toContain('data: /')
  })

  it('have all ended when one could not even be begun', async () => {
    const trainings = [await planned('long', []), await planned('lost', [], 'file/lost.log')]
    const processes = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
    const before = processes()
    await expect(trainAll(trainings, session, 2)).rejects.toThrow(/EEXIST|ENOTDIR/)
    // One of an earlier test may be let go meanwhile.
    expect(processes()).toBeLessThanOrEqual(before)
  })

  it('count one that was killed as failed, for no fault of its data', async () => {
    const killed = trainAll([await planned('killed', [])], session, 1)
    const holder = join(folder, 'killed', '.lock-holder')
    // The file may be there before its words are.
    const pid = await vi.waitFor(() => Number(/^process (\d+)/.exec(readFileSync(holder, 'utf8'))![1]), 60_000)
    process.kill(pid, 'SIGKILL')
    expect((await killed).get('killed')).toEqual({ reason: 'it was ended by SIGKILL', isData: false })
  })
})
