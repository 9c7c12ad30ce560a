/** Specifications on live decisions, against packages/stl over the signals of each stream's decisions. */
import { loadRecording } from '@vigil/data'
import { compileConstraints, type EnvironmentSpec, SPECIFICATION_PRESETS, signalTrace } from '@vigil/env-wasm'
import type { Bundle } from '@vigil/runs'
import { robustness } from '@vigil/stl'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecider, type Decider, type LiveDecision } from './decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import type { RuleMode } from './live-rules.ts'

let folder: ReturnType<typeof eventsFolder>
beforeAll(() => {
  folder = eventsFolder()
})
afterAll(() => folder.remove())

const FORMULAS = [
  'G (alert_rate[6] <= 0.4 and alert_rate[2] < 0.7)',
  'G (alert > 0.5 -> F[0,3] action > 0.5)',
  'rate(prediction)[4] + mean(agreement)[3] - alert',
  'G (response_time_ms <= 60)',
  'G (cpu <= 0.5 and memory < 0.6 and decided > 0)',
]

async function ruledTeam(mode: EnvironmentSpec['mode'], formulas: readonly string[] = FORMULAS) {
  const team = await drawnTeam(describedRequest(folder), { mode, lstmHidden: [] })
  await team.close()
  const recording = await loadRecording(team.request)
  const { environment } = team.bundle
  const bundle: Bundle = {
    ...{ ...team.bundle, pipeline: recording.pipeline },
    environment: { ...environment, specifications: formulas },
    specifications: formulas.map((formula, s) => ({ name: `rule ${s}`, formula, target: 0.9 })),
  }
  const events = Array.from(recording.order, recording.event)
  return { bundle, events, compiled: compileConstraints(bundle.environment) }
}

type Team = Awaited<ReturnType<typeof ruledTeam>>
/** What was decided on one stream, in its order. */
type Ruled = { readonly decisions: LiveDecision[] }

/** All decisions, by what their rules are watched on. */
async function decided({ bundle, events }: Team, rules: RuleMode, cut = 37) {
  const decider = await createDecider(bundle, { rules, rows: 16 })
  const read = events.map(decider.read)
  const decisions: LiveDecision[] = []
  while (decisions.length < read.length) {
    decisions.push(...decider.decide(read.slice(decisions.length, decisions.length + cut)))
  }
  const streams = new Map<string, Ruled>()
  for (const [i, decision] of decisions.entries()) {
    // An event that is nobody's has no decisions before it.
    const name = bundle.environment.mode === 'iid' ? '' : (read[i].stream ?? `nobody's ${i}`)
    const { decisions: own } = streams.get(name) ?? { decisions: [] }
    streams.set(name, { decisions: [...own, decision] })
  }
  return { decider, decisions, streams }
}

/** Robustness of decisions in a row, by step and specification. @param actions in the place of the team's */
function offline(
  { bundle, compiled }: Team,
  decisions: readonly LiveDecision[],
  actions: readonly number[],
): number[][] {
  const agentCount = bundle.environment.agentCount
  const restrictive = ({ votes }: LiveDecision) => votes.filter((vote) => vote === 1 || vote === 2).length
  const { programs, bank } = compiled
  const columns = programs.map((program, s) => {
    const trace = signalTrace(
      {
        ...{ agentCount, actions, labels: actions.map(() => 0), decided: decisions.map((one) => Number(one.decided)) },
        margin: decisions.map((one) => Math.abs(agentCount - 2 * restrictive(one))),
      },
      program.signals,
    )
    const values = robustness(program, trace)
    const horizon = bank!.horizons[s]
    return actions.map((_, t) => {
      const value = t < horizon ? 1e6 : values[t - horizon]
      return Math.fround(Math.max(-1e6, Math.min(1e6, value)))
    })
  })
  return actions.map((_, t) => columns.map((column) => column[t]))
}

describe('robustness of live decisions', () => {
  it.each(['stream', 'iid'] as const)('is that of packages/stl, mode %s', async (mode) => {
    const team = await ruledTeam(mode)
    const { streams } = await decided(team, 'watch')
    let violated = 0
    for (const { decisions } of streams.values()) {
      const found = decisions.map((one) => [...one.robustness!])
      expect(found).toEqual(
        offline(
          team,
          decisions,
          decisions.map(({ action }) => action),
        ),
      )
      violated += found.flat().filter((value) => value < 0).length
    }
    expect(violated).toBeGreaterThan(20)
  })

  it('is the same however events are cut into calls', async () => {
    const team = await ruledTeam('stream')
    const [one, many] = [await decided(team, 'shield', 1), await decided(team, 'shield', 400)]
    expect(one.decisions).toEqual(many.decisions)
  })

  it.each(['stream', 'iid'] as const)('goes on from what was saved, as if nothing had ended (%s)', async (mode) => {
    const { bundle, events } = await ruledTeam(mode)
    const decide = (decider: Decider, some: typeof events) => decider.decide(some.map(decider.read))
    const deciders = await Promise.all([0, 1, 2].map(() => createDecider(bundle, { rules: 'shield' })))
    const [whole, next, forgetful] = deciders
    decide(whole, events.slice(0, 200))
    const past = whole.save()
    next.restore(past)
    forgetful.restore({ ...past, rules: null })
    const expected = decide(whole, events.slice(200))
    expect(decide(next, events.slice(200))).toEqual(expected)
    expect(decide(forgetful, events.slice(200))).not.toEqual(expected)
  })

  it('is there for specifications that read no label, and for no other', async () => {
    const formulas = SPECIFICATION_PRESETS.default.map(({ formula }) => formula)
    const { decider } = await decided(await ruledTeam('iid', formulas), 'watch')
    expect(decider.watched.map(({ formula }) => formula)).toEqual([formulas[0], formulas[3]])
  })

  it('is not there for a decision on which a formula divides by zero, and begins anew behind it', async () => {
    const team = await ruledTeam('iid', ['1 / (1 - alert)', 'alert_rate[1000]'])
    const { decisions } = await decided(team, 'watch')
    const at = decisions.findIndex(({ action }) => action === 3)
    expect(decisions[at].robustness).toBeNull()
    const next = decisions.findIndex(({ action }, i) => i > at && action !== 3)
    expect([...decisions[next].robustness!]).toEqual([1, 0])
  })
})

describe('a shield', () => {
  it('replaces an action exactly where another breaks less, and tells of it', async () => {
    const team = await ruledTeam('stream')
    const { streams } = await decided(team, 'shield')
    let [replaced, left] = [0, 0]
    for (const { decisions } of streams.values()) {
      const taken = decisions.map(({ action }) => action)
      for (const [t, { action, shield, robustness: found }] of decisions.entries()) {
        const brokenBy = (own: number) => {
          const values = offline(team, decisions.slice(0, t + 1), [...taken.slice(0, t), own])[t]
          return values.flatMap((value, s) => (value < 0 ? [`rule ${s}`] : []))
        }
        const team_ = brokenBy(shield?.from ?? action)
        const better = [0, 1, 2, 3].filter((own) => {
          const broken = brokenBy(own)
          return broken.length < team_.length && broken.every((name) => team_.includes(name))
        })
        const fewest = Math.min(...better.map((own) => brokenBy(own).length))
        expect(shield === null).toBe(better.length === 0)
        expect([...found!].flatMap((value, s) => (value < 0 ? [`rule ${s}`] : []))).toEqual(brokenBy(action))
        if (shield === null) {
          left += Number(team_.length > 0)
          continue
        }
        replaced++
        expect(shield.to).toBe(action)
        expect(brokenBy(shield.to)).toHaveLength(fewest)
        expect(team_).toContain(shield.specification)
        expect(brokenBy(shield.to)).not.toContain(shield.specification)
      }
    }
    expect(Math.min(replaced, left)).toBeGreaterThan(5)
  })

  it('keeps to the class of the action where it can', async () => {
    const team = await ruledTeam('iid', ['G (response_time_ms <= 100)'])
    const { decisions } = await decided(team, 'shield')
    const shields = decisions.flatMap(({ shield }) => shield ?? [])
    expect(shields.length).toBeGreaterThan(0)
    for (const shield of shields) expect(shield).toEqual({ from: 2, to: 1, specification: 'rule 0' })
  })

  it('lets streams remember what was done, not what was voted', async () => {
    const team = await ruledTeam('stream', ['G (action < 0.5)'])
    const { decider, decisions, streams } = await decided(team, 'shield')
    expect(decisions.some(({ shield }) => shield !== null)).toBe(true)
    expect(decisions.every(({ action }) => action === 0 || action === 3)).toBe(true)
    const { keys, states } = decider.save().streams
    for (const [i, key] of keys.entries()) {
      const mix = [0, 0, 0, 0]
      for (const { action } of streams.get(key)!.decisions) {
        for (const a of mix.keys()) mix[a] = Math.fround(mix[a] + Math.fround((Number(a === action) - mix[a]) / 16))
      }
      expect([...states.subarray(4 * i, 4 * i + 4)]).toEqual(mix)
    }
  })

  it('is refused to a team without a specification that it could keep', async () => {
    const team = await ruledTeam('iid', ['G (fp_rate[100] <= 0.02)'])
    await expect(decided(team, 'shield')).rejects.toMatchObject({ code: 'RULES_MISSING' })
  })
})
