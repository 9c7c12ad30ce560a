import { isDense } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { decideBatch, isRestrictive, trimmedMeans } from '@vigil/vote'
import { createLiveTeam, type LiveTeam } from './live-team.ts'

/** What an input does to a decision. */
export type InputEffect = {
  /** the column or feature of the past that it is made of */
  readonly name: string
  /** the team's score, less what it would be if the input were missing */
  readonly change: number
  /** whether the team would then act in the other class */
  readonly turns: boolean
}

/** Most inputs that are named. */
const EFFECTS_MAX = 5

/** Rows of one pass: an input without which the team is asked is one row. */
const ROWS = 256

/** The places that a column or feature has among the inputs. */
type Places = { readonly name: string; readonly dense: number[]; readonly categorical: number[] }

/** Asks the team again without each of its inputs. */
export type Ablation = {
  /**
   * The effects of the inputs in a row of the team, which has not acted on it yet.
   *
   * @returns what makes of the team's score and action the greatest effects
   */
  effectsOf(team: LiveTeam, row: number): (score: number, action: number) => InputEffect[]
}

/**
 * Exact ablation: one pass through the network for each column or feature of the past, in which all inputs made of it are
 * neutral, 0, as they are where it is missing. What the stream remembers stays as it is.
 */
export async function createAblation(bundle: Bundle): Promise<Ablation> {
  const { vote, pipeline } = bundle
  const sources = placesOf(pipeline.columns)
  const other = await createLiveTeam(bundle, ROWS)
  const { agentCount, columnCount, stateCount } = other
  const stride = other.denseCount + other.contextCount
  return {
    effectsOf(team, row) {
      const x = team.x.slice(row * stride, (row + 1) * stride)
      const categories = team.categories.slice(row * columnCount, (row + 1) * columnCount)
      const state = team.recurrentState.slice(row * stateCount, (row + 1) * stateCount)
      const scores = new Float32Array(sources.length)
      const actions = new Uint8Array(sources.length)
      for (let from = 0; from < sources.length; from += ROWS) {
        const asked = sources.slice(from, from + ROWS)
        for (const [i, { dense, categorical }] of asked.entries()) {
          other.x.set(x, i * stride)
          other.categories.set(categories, i * columnCount)
          other.recurrentState.set(state, i * stateCount)
          for (const place of dense) other.x[i * stride + place] = 0
          for (const place of categorical) other.categories[i * columnCount + place] = 0
        }
        other.act(0, asked.length)
        const own = { actions: other.actions.slice(0, asked.length * agentCount), agentCount }
        const ownScores = other.scores.slice(0, asked.length * agentCount)
        scores.set(trimmedMeans(ownScores, agentCount, vote.faults), from)
        actions.set(decideBatch({ ...own, scores: ownScores, ...vote }).actions, from)
      }
      return (score, action) =>
        sources
          .map(({ name }, i) => ({
            name,
            change: score - scores[i],
            turns: isRestrictive(actions[i]) !== isRestrictive(action),
          }))
          .filter(({ change, turns }) => change !== 0 || turns)
          .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
          .slice(0, EFFECTS_MAX)
    },
  }
}

function placesOf(columns: Bundle['pipeline']['columns']): Places[] {
  const bySource = new Map<string, Places>()
  let [dense, categorical] = [0, 0]
  for (const column of columns) {
    const own = bySource.get(column.source) ?? { name: column.source, dense: [], categorical: [] }
    bySource.set(column.source, own)
    if (isDense(column)) own.dense.push(dense++)
    else own.categorical.push(categorical++)
  }
  return [...bySource.values()]
}
