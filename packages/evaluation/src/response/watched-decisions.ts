import type { EvaluationSplit, Team } from '@vigil/actors'
import type { PlayedSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import type { WatchedDecisions } from '../specification-scores.ts'
import { voteMargin } from '../team-decisions.ts'
import { consequencesOf, judgedOrder } from './consequences.ts'
import { streamsOf } from './streams-of.ts'

/** What specifications see of a split that was played: its decided events, stream after stream or, at sites, in the order of time. */
export function watchedDecisions(
  { dataset }: Pick<Team, 'dataset'>,
  { agents, environment }: Pick<EvaluationSettings, 'agents' | 'environment'>,
  { split, played }: { readonly split: EvaluationSplit; readonly played: PlayedSplit },
): WatchedDecisions {
  const { votes, ...events } = played.events
  const { response: spec, seed } = environment
  if (spec === null) throw new TypeError('watchedDecisions needs an environment with consequences.')
  const streams = streamsOf(dataset, split)
  const order = judgedOrder(played, streams)
  const inOrder = (values: Uint8Array) => Uint8Array.from(order, (event) => values[event])
  const [labels, actions, decided] = [events.labels, events.actions, events.decided].map(inOrder)
  const margin = Int32Array.from(order, (event) => voteMargin(votes, agents, event))
  return { labels, actions, decided, margin, consequences: consequencesOf(played, streams, { spec, seed }) }
}
