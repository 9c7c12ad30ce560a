/** `npx nx run tools:scale`: how many actors on how many hosts a learner can use. docs/hosts.md explains it. */
import { availableParallelism } from 'node:os'
import { type CommandContext, harmlessJson, runCommand } from '@vigil/command-line'
import { familyOf } from '@vigil/engine'
import { measureSharing } from '@vigil/hosts'
import { loadData, markGarbageAtOnce, startLearner, validatedTraining } from '@vigil/learner'
import { collectionMs, type ScaleFigures, scaleOf } from './model.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { scaleText } from './report.ts'

/** Iterations that are trained to time an update; the first one, in which code is compiled, does not count. */
const ITERATIONS = 4
const ROUNDS = 20

await runCommand({ help: HELP, run: showScale })

async function showScale({ words }: CommandContext): Promise<void> {
  const options = await parseOptions(words)
  const say = (text: string) => process.stderr.isTTY === true && process.stderr.write(`${text}\n`)
  const measured = await measure(options, say)
  const figures: ScaleFigures = {
    ...measured.figures,
    updateMs: options.updateMs ?? measured.figures.updateMs,
    delayMs: options.network.delayMs,
    bandwidth: options.network.bitsPerSecond,
  }
  const cores = availableParallelism()
  const beside = (collections: typeof measured.loopback, own: ScaleFigures) =>
    collections.map((row) => ({ ...row, modelMs: collectionMs(own, row.processes, cores) }))
  const report = {
    figures,
    cores,
    rowsPerIteration: options.config.rowsPerIteration,
    scale: scaleOf(figures),
    // On the loopback there is no network to fill. Everywhere the processes share this machine's cores with the learner.
    loopback: beside(measured.loopback, { ...figures, delayMs: 0, bandwidth: Number.MAX_VALUE }),
    line: measured.line && beside(measured.line, figures),
  }
  process.stdout.write(options.json ? `${harmlessJson(report)}\n` : scaleText(report))
}

async function measure({ config, broker, credentials, processes, network }: Options, say: (text: string) => void) {
  markGarbageAtOnce()
  const learner = await startLearner(config, await loadData(config, undefined, say), say)
  const { team, engine } = learner
  try {
    const state = learner.fresh()
    const times: { updateMs: number; collectMs: number }[] = []
    for await (const { metrics } of validatedTraining(learner, state)) {
      times.push(metrics)
      if (times.length === ITERATIONS) break
    }
    const least = (of: (time: (typeof times)[number]) => number) => Math.min(...times.slice(1).map(of))
    const family = familyOf(engine)
    const measurement = { broker, credentials, family, processes, rounds: ROUNDS }
    const { isMeasured, ...route } = network
    const sharing = await measureSharing(team, state.parameters, { ...measurement, route: null })
    const far = isMeasured ? await measureSharing(team, state.parameters, { ...measurement, route }) : null
    const { collections: loopback, singleMs, actorMs: cpuMs, ...sizes } = sharing
    const updateMs = least((time) => time.updateMs)
    const rolloutMs = least((time) => time.collectMs) / sizes.shards
    const actorMs = Math.max(cpuMs ?? 0, rolloutMs)
    const startMs = Math.max(0, singleMs - actorMs - sizes.learnerMs - sizes.hostMs)
    return { figures: { ...sizes, updateMs, actorMs, startMs }, loopback, line: far?.collections ?? null }
  } finally {
    engine.dispose()
    await team.pool.close()
  }
}
