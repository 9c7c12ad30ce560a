import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '@vigil/data'
import { actionRewards } from '@vigil/env-wasm'
import { type Bundle, writeEvaluation } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleResponseEvaluation } from '../../../runs/src/sample-response.fixture.ts'
import { describedEvents, drawnBundle, rawEvents, serviceDecisions, writeRequest } from '../drawn-team.fixture.ts'
import type { DistilledList } from './distil.ts'
import { rulesFile } from './rules-file.ts'

let events: ReturnType<typeof describedEvents>
let bundle: Bundle
let run: string
beforeAll(async () => {
  events = describedEvents()
  bundle = await drawnBundle(events.request)
  run = mkdtempSync(join(tmpdir(), 'vigil-rules-'))
  writeRequest(run, events.request, bundle)
})
afterAll(() => {
  events.remove()
  rmSync(run, { recursive: true })
})

const rules = async (out: string, own = bundle) =>
  Buffer.from(await rulesFile(own, run, { out, data: null })).toString()

describe('the rules of a team', () => {
  it('come with what they and the team come to on the test split, counted event by event', async () => {
    const { list, fidelity, rows, team, rules: own }: DistilledList = JSON.parse(await rules('rules.json'))
    const { dataset } = await loadDataset(events.request)
    const decisions = await serviceDecisions(events.request, bundle)
    const { feedsOf } = await rawEvents(events.request, bundle)
    expect(rows).toBe(decisions.size)
    const restricts = (action: number) => action === 1 || action === 2
    const count = { same: 0, team: [0, 0, 0, 0], rules: [0, 0, 0, 0], rewards: [0, 0], undecided: 0 }
    for (const [row, { action, decided }] of decisions) {
      const cells = feedsOf([row])
      const line = list.lines.find(({ conditions }) =>
        conditions.every((condition) => {
          const value = cells[condition.column].data[0] as number
          if (condition.operator === 'missing') return `${value}` === '' || Number.isNaN(value)
          if (condition.operator === 'is') return `${value}` === condition.value
          return condition.operator === '>' ? value > condition.value : value <= condition.value
        }),
      )
      const ruled = line?.action ?? list.otherwise
      const teams = action === 2 ? 1 : action
      const label = dataset.labels[row]
      if (ruled === teams) count.same++
      count.team[2 * label + (restricts(teams) ? 1 : 0)]++
      count.rules[2 * label + (restricts(ruled) ? 1 : 0)]++
      count.rewards[0] += actionRewards(bundle.environment.rewards)[label][teams]
      count.rewards[1] += actionRewards(bundle.environment.rewards)[label][ruled]
      if (!decided) count.undecided++
    }
    expect(fidelity.test).toBe(count.same / rows)
    const f1 = ([, fp, fn, tp]: number[]) => (2 * tp) / (2 * tp + fp + fn)
    expect([team.f1, own.f1]).toEqual([f1(count.team), f1(count.rules)])
    expect(team.rewardMean).toBeCloseTo(count.rewards[0] / rows, 10)
    expect(own.rewardMean).toBeCloseTo(count.rewards[1] / rows, 10)
    expect([team.undecidedRate, own.undecidedRate]).toEqual([count.undecided / rows, 0])
    expect(list.lines.length).toBeGreaterThan(0)
    expect(list.lines.length).toBeLessThan(10)
  })

  it('are the same as text, a line for each rule', async () => {
    const { list }: DistilledList = JSON.parse(await rules('rules.json'))
    const lines = (await rules('rules.txt')).split('\n')
    expect(lines.slice(0, list.lines.length + 1).map((line) => line.split(/\s+/).at(-1))).toEqual([
      ...list.lines.map(({ action }) => ['allow', 'block', '', 'alert'][action]),
      ['allow', 'block', '', 'alert'][list.otherwise],
    ])
    for (const [i, { conditions }] of list.lines.entries())
      for (const { column } of conditions) expect(lines[i]).toContain(column)
  })

  it('are the best ladder on its own score on validation where actions have consequences', async () => {
    const evaluation = sampleResponseEvaluation()
    const ladder = (name: string, validation: number, quarantine: number) => ({
      ...evaluation.response!.references.find(({ score }) => score === 'team')!,
      ...{ name, validation, parameters: { quarantine, block: null, alert: -Math.log(4), calm: null } },
    })
    const references = [...evaluation.response!.references, ladder('alert-ladder', 5, 0), ladder('ladder', 4, 1)]
    await writeEvaluation(join(run, 'evaluation.json'), {
      ...evaluation,
      response: { ...evaluation.response!, references },
    })
    const environment = { ...bundle.environment, response: evaluation.response!.costs }
    const found = JSON.parse(await rules('rules.json', { ...bundle, environment }))
    expect(found).toMatchObject({ kind: 'ladder', validation: 5, calm: null })
    expect(found.thresholds.quarantine).toBe(0.5)
    expect(found.thresholds.alert).toBeCloseTo(0.2, 12)
    expect(found.thresholds.block).toBeNull()
    expect(found.returns).toEqual({ team: -2.3, rules: expect.any(Number), best: -2.5 })
    expect((await rules('rules', { ...bundle, environment })).split('\n').slice(0, 3)).toEqual([
      'after an all-clear, for good: allow',
      "else if the team's score is above 0.5: quarantine",
      "else if the team's score is above 0.2 and no ticket of the stream is open: alert",
    ])
    const none = { ...evaluation, response: { ...evaluation.response!, references: references.slice(0, 3) } }
    await writeEvaluation(join(run, 'evaluation.json'), none)
    await expect(rules('rules.json', { ...bundle, environment })).rejects.toMatchObject({ code: 'TEAM_UNEXPORTABLE' })
  })

  it('need the settings of the run', async () => {
    writeFileSync(join(run, 'config.json'), '{}')
    await expect(rules('rules.json')).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})
