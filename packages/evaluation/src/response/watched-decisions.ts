import type { EvaluationSplit, Team } from '@vigil/actors'
import type { PlayedSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import type { WatchedDecisions } from '../specification-scores.ts'
import { voteMargin } from '../team-decisions.ts'
import { consequencesOf } from './consequences.ts'
import { streamsOf } from './streams-of.ts'

/** What specifications see of a split that was played: its decided events, stream after stream. */
export function watchedDecisions(
  { dataset }: Pick<Team, 'dataset'>,
  { agents, environment }: Pick<EvaluationSettings, 'agents' | 'environment'>,
  { split, played }: { readonly split: EvaluationSplit; readonly played: PlayedSplit },
): WatchedDecisions {
  const { labels, actions, decided, votes } = played.events
  const margin = Int32Array.from(labels, (_, event) => voteMargin(votes, agents, event))
  if (environment.response === null) throw new TypeError('watchedDecisions needs an environment with consequences.')
  const consequences = consequencesOf(played, streamsOf(dataset, split), environment.response)
  return { labels, actions, decided, margin, consequences }
}
