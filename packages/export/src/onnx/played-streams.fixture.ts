/** Streams that a team and its analysts act on, side by side: by the service, and again by the model in ONNX Runtime. */
import { type DatasetRequest, loadRecording } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { createDecider, type LiveDecision } from '@vigil/service'
import { rawEvents } from '../drawn-team.fixture.ts'
import { onnxModel } from './model.ts'
import { openModel } from './runtime.fixture.ts'

const QUARANTINE = 2
const ALERT = 3

/** An event of the test split on which the team decided. */
type PlayedEvent = {
  readonly stream: number
  readonly row: number
  /** Whether an all-clear came before it. */
  readonly isCleared: boolean
  readonly decision: LiveDecision
}

/** The service's decisions, one batch for each event of the streams. Verdicts come in time, and every second alert is cleared. */
export async function playedByService(
  request: DatasetRequest,
  bundle: Bundle,
  streamsMax: number,
): Promise<PlayedEvent[][]> {
  const { splits, event, pipeline } = await loadRecording({ ...request, pipeline: bundle.pipeline })
  const decider = await createDecider({ ...bundle, pipeline })
  const { rows, streamStarts } = splits.test
  const delay = bundle.environment.response!.analystDelay
  let active = Array.from({ length: Math.min(streamsMax, streamStarts.length - 1) }, (_, stream) => ({
    ...{
      stream,
      position: streamStarts[stream],
      end: streamStarts[stream + 1],
      ticket: 0,
      alerts: 0,
      isCleared: false,
    },
  }))
  const batches: PlayedEvent[][] = []
  while (active.length > 0) {
    for (const one of active) {
      one.isCleared = one.ticket > 0 && --one.ticket === 0 && one.alerts % 2 === 1
      if (one.isCleared) decider.hear(event(rows[one.position]), { isHostile: false })
    }
    const decisions = decider.decide(active.map(({ position }) => decider.read(event(rows[position]))))
    batches.push(
      active.map(({ stream, position, isCleared }, i) => ({
        ...{ stream, row: rows[position], isCleared, decision: decisions[i] },
      })),
    )
    active = active.filter((one, i) => {
      const { action } = decisions[i]
      if (action === ALERT && one.ticket === 0) {
        one.ticket = delay + 1
        one.alerts++
      }
      // A contained stream that comes again begins anew.
      if (action === QUARANTINE) one.ticket = 0
      return ++one.position < one.end
    })
  }
  return batches
}

/**
 * The same events through the model.
 *
 * @param ratios of the events by row; null where the team sees no belief
 * @returns largest difference of a score, and the first event whose votes or action differ
 */
export async function followedByModel(
  request: DatasetRequest,
  bundle: Bundle,
  { batches, ratios }: { readonly batches: readonly PlayedEvent[][]; readonly ratios: Float32Array | null },
) {
  const model = await openModel(onnxModel(bundle))
  const { feedsOf } = await rawEvents(request, bundle)
  const { agentCount, lstmHidden } = bundle.network
  const sizes = {
    'team.stream': ratios === null ? 3 : 4,
    'team.state': agentCount * 2 * lstmHidden.reduce((sum, width) => sum + width, 0),
  }
  const kept = new Map<string, Float64Array>()
  let furthest = 0
  for (const batch of batches) {
    const carried = (name: keyof typeof sizes) =>
      Float64Array.from(
        batch.flatMap(({ stream }) => [...(kept.get(`${name} ${stream}`) ?? new Float64Array(sizes[name]))]),
      )
    const shape = [batch.length, 1]
    const out = await model.run({
      ...feedsOf(batch.map(({ row }) => row)),
      'team.stream': { data: carried('team.stream'), shape: [batch.length, sizes['team.stream']] },
      'team.cleared': { data: Uint8Array.from(batch, ({ isCleared }) => Number(isCleared)), shape },
      ...(ratios && { 'team.ratio': { data: Float32Array.from(batch, ({ row }) => ratios[row]), shape } }),
      ...(lstmHidden.length > 0 && {
        'team.state': {
          data: Float32Array.from(carried('team.state')),
          shape: [batch.length, agentCount, sizes['team.state'] / agentCount],
        },
      }),
    })
    for (const [i, { stream, row, decision }] of batch.entries()) {
      const of = (name: string, size: number) =>
        Array.from(out[name].data as Float32Array, Number).slice(i * size, (i + 1) * size)
      const found = { action: of('team.action', 1)[0], votes: of('agents.actions', agentCount) }
      const expected = { action: decision.action, votes: [...decision.votes] }
      if (JSON.stringify(found) !== JSON.stringify(expected)) return { furthest, differs: { row, found, expected } }
      for (const [agent, score] of of('agents.scores', agentCount).entries()) {
        furthest = Math.max(furthest, Math.abs(score - decision.scores[agent]))
      }
      for (const [name, next] of [
        ['team.stream', 'team.nextStream'],
        ['team.state', 'team.nextState'],
      ] as const) {
        if (model.outputs.includes(next)) kept.set(`${name} ${stream}`, Float64Array.from(of(next, sizes[name])))
      }
    }
  }
  await model.close()
  return { furthest, differs: null }
}
