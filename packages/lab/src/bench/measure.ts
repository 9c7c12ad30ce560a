import { switchRevectoriserOn, vectorsInWords } from '@vigil/policy-wasm'
import type { BenchCase } from './cases.ts'
import { measureEnvironment } from './measure-environment.ts'
import { measurePeer, type PeerComparison } from './measure-peer.ts'
import { measureRollout } from './measure-rollout.ts'
import { measureTimeToF1 } from './measure-time-to-f1.ts'
import { measureTraining } from './measure-training.ts'
import type { Rates } from './rounds.ts'
import { WORKLOADS } from './workload.ts'

/** One line of the table. */
export type Measurement = {
  /** What was measured: environment, rollout, update, end to end. */
  readonly what: string
  /** On which events and network, by which engine. */
  readonly workload: string
  readonly device: string
  /** Threads that the work could use. */
  readonly threads: number
  /** What the rates count. */
  readonly unit: 'environment steps' | 'rows'
  readonly perSecond: { readonly best: number; readonly median: number }
  /** Useful arithmetic; null where there is none to speak of. */
  readonly gflops: { readonly best: number; readonly median: number } | null
  /** Matrix product of the same rounds on the same number of threads, GFLOP/s; null where no core does the work. */
  readonly roofline: { readonly best: number; readonly median: number } | null
}

/** What a case found. */
export type CaseResult = {
  readonly measurements: readonly Measurement[]
  /** Mean reward per decision before and after a training case. */
  readonly rewardMean: { readonly first: number; readonly last: number } | null
  /** Share of a training case's iteration in neither collection nor the engine's updates; null where there is none. */
  readonly outside: number | null
  /** Of a case of the group time-to-f1. */
  readonly timeToF1: { readonly seed: number; readonly seconds: number | null; readonly envSteps: number } | null
  /** Of a case of the group peer, one for each of its modes. */
  readonly peers: readonly PeerComparison[]
  /** Largest resident set of the case's process, MiB. */
  readonly peakMemoryMiB: number
}

/** Measures one case in this process. */
export async function measureCase(benchCase: BenchCase, rounds: number): Promise<CaseResult> {
  const found = await measure(benchCase, rounds)
  return {
    ...{ rewardMean: null, outside: null, timeToF1: null, peers: [] },
    ...found,
    peakMemoryMiB: process.resourceUsage().maxRSS / 1024,
  }
}

async function measure(
  benchCase: BenchCase,
  rounds: number,
): Promise<Pick<CaseResult, 'measurements'> & Partial<CaseResult>> {
  switch (benchCase.kind) {
    case 'environment': {
      const rates = await measureEnvironment(benchCase.watched, rounds)
      const workload = `iid, 4 agents, ${benchCase.watched ? 'four specifications' : 'no STL'}`
      const about = { what: 'environment', workload, device: 'wasm', threads: 1 }
      return { measurements: [measurementOf(about, 'environment steps', rates)] }
    }
    case 'rollout': {
      const { actors } = benchCase
      const workload = WORKLOADS[benchCase.workload]
      if (!benchCase.revectorise) process.env.VIGIL_REVECTORISE = 'off'
      const rates = await measureRollout(workload, { rounds, actors })
      const device = `wasm, ${vectorsInWords(await switchRevectoriserOn())}`
      const about = { what: 'rollout', workload: workload.title, device, threads: actors }
      return { measurements: [measurementOf(about, 'environment steps', rates)] }
    }
    case 'training': {
      const workload = WORKLOADS[benchCase.workload]
      const { device, threads, training, update, outside, rewardMean } = await measureTraining(workload, {
        rounds,
        change: benchCase.change,
      })
      const { minibatchSize = 2048, staleness = 0 } = benchCase.change
      const about = { device, workload: minibatchSize === 2048 ? workload.title : `minibatches of ${minibatchSize}` }
      const whole = { what: staleness === 0 ? 'end to end' : 'end to end, staleness 1', threads: threads.all, ...about }
      return {
        // The updates of an overlapping run share the cores with the actors.
        measurements: [
          ...(staleness === 0
            ? [measurementOf({ what: 'update', threads: threads.update, ...about }, 'rows', update)]
            : []),
          measurementOf(whole, 'environment steps', training),
        ],
        outside,
        rewardMean,
      }
    }
    case 'peer':
      return { measurements: [], peers: await measurePeer(benchCase, rounds) }
    case 'time-to-f1':
      return { measurements: [], timeToF1: { seed: benchCase.seed, ...(await measureTimeToF1(benchCase)) } }
  }
}

function measurementOf(
  about: Pick<Measurement, 'what' | 'workload' | 'device' | 'threads'>,
  unit: Measurement['unit'],
  rates: Rates & { readonly operations?: number },
): Measurement {
  const { best, median, operations } = rates
  const roofline = about.device.includes('webgpu') ? null : rates.roofline
  const gflops =
    operations === undefined ? null : { best: (best * operations) / 1e9, median: (median * operations) / 1e9 }
  return { ...about, unit, perSecond: { best, median }, gflops, roofline }
}
