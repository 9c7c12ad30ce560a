/** Where the data of one part and the lanes over it lie in a memory of their own. */
import { placeResponse, placeSites } from '@vigil/actors'
import { writeBlock } from '@vigil/blocks'
import {
  compileConstraints,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  ENVIRONMENT_STATIC_END,
  STEP,
  writeConstraints,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import type { EnvironmentOptions, World } from './world.ts'

const PAGE_BYTES = 65536

/** Bytes of the memory of an environment: most are its own copy of labels and rows. */
export function environmentBytes(world: World, { lanes }: Pick<Required<EnvironmentOptions>, 'lanes'>): number {
  return placesIn(world, lanes).end
}

/** Decides where everything lies. */
function placesIn({ dataset, spec }: World, E: number) {
  const { agentCount: A } = spec
  const K = contextSize(spec)
  let end = ENVIRONMENT_STATIC_END
  const place = (bytes: number) => {
    const at = end
    end = Math.ceil((at + bytes) / 64) * 64
    return at
  }
  const run = { dataset, environment: spec }
  const sites = placeSites(run, place)
  const response = placeResponse(run, place)
  const constraints = compileConstraints(spec, sites?.slotCount)
  const parts = (['train', 'validation', 'test'] as const).map((name) => {
    const { rows, streamStarts } = dataset.splits[name]
    return [name, { rows: place(rows.byteLength), streamStarts: place(streamStarts.byteLength) }] as const
  })
  const places = Object.fromEntries(parts) as Record<(typeof parts)[number][0], (typeof parts)[number][1]>
  const at = {
    ...{ labels: place(dataset.labels.byteLength), constraints: place(constraints.blockBytes) },
    ...{ plan: place(ENVIRONMENT_PLAN_BYTES), job: place(STEP.bytes), lanes: place(E * constraints.laneBytes) },
    ...{ rows: place(4 * E), context: place(4 * E * K), actions: place(E * A), probabilities: place(16 * E * A) },
    ...{ rewards: place(4 * E * A), expectedRewards: place(4 * E * A), teamActions: place(E) },
    ...{ terminated: place(E), truncated: place(E), nextRows: place(4 * E), nextContext: place(4 * E * K) },
    robustness: place(4 * E * constraints.specificationCount),
    registers: place(constraints.registerBytes),
  }
  return { end, sites, response, constraints, parts, places, at }
}

/** Lays out a memory and fills in the data; plan and job are written by `begin`. */
export function layOutEnvironment(world: World, { lanes: E, part }: Required<EnvironmentOptions>) {
  const { dataset, spec } = world
  const { end, sites, response, constraints, parts, places, at } = placesIn(world, E)
  const split = dataset.splits[part]
  const pages = Math.ceil(end / PAGE_BYTES)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { buffer } = memory
  new Uint8Array(buffer, at.labels, dataset.labels.length).set(dataset.labels)
  for (const [name, { rows, streamStarts }] of parts) {
    const own = dataset.splits[name]
    new Uint32Array(buffer, rows, own.rows.length).set(own.rows)
    new Uint32Array(buffer, streamStarts, own.streamStarts.length).set(own.streamStarts)
  }
  writeConstraints(constraints, spec, { buffer, at: at.constraints })
  sites?.initialise(buffer, places)
  response?.initialise(buffer)
  const location = {
    ...places[part],
    ...{ rowCount: split.rows.length, streamCount: split.streamStarts.length - 1 },
    ...{ labels: at.labels, constraints: at.constraints },
    ...(response !== null && { response: response.location }),
    ...(sites !== null && { site: sites.at[part] }),
  }
  return {
    memory,
    at,
    /** Makes the next reset begin the lanes `laneBase` and behind of this seed. */
    begin(seed: number, laneBase: number) {
      writeEnvironmentPlan({ spec: { ...spec, seed }, constraints }, location, { buffer, at: at.plan })
      writeBlock(STEP, { buffer, at: at.job }, { ...at, count: E, laneBase })
    },
  }
}
