/** `npx nx run tools:bench`: how fast the parts are on this machine. docs/performance.md explains the figures. */
import { fork } from 'node:child_process'
import { cpus } from 'node:os'
import { assertFileWritable, runCommand, writeJsonFile } from '@vigil/command-line'
import { labError } from '../errors.ts'
import type { CaseAnswer } from './case-process.ts'
import { type BenchCase, casesOf } from './cases.ts'
import { HELP, parseOptions } from './options.ts'
import { type BenchOutcome, benchTable, caseLines } from './table.ts'

await runCommand({
  help: HELP,
  async run({ words }) {
    const options = parseOptions(words)
    if (options.json !== null) await assertFileWritable(options.json)
    const cases = casesOf(options.plan)
    const outcomes: BenchOutcome[] = []
    const [{ model }] = cpus()
    const machine = { machine: model, node: process.versions.node }
    for (const [index, benchCase] of cases.entries()) {
      process.stderr.write(`${index + 1} of ${cases.length}: ${nameOf(benchCase)}\n`)
      const outcome = await runCase(benchCase, options.rounds)
      outcomes.push(outcome)
      for (const line of caseLines(outcome)) process.stderr.write(`  ${line}\n`)
      // Whoever stops a long run keeps what it has measured.
      if (options.json !== null) await writeJsonFile(options.json, { ...machine, rounds: options.rounds, outcomes })
    }
    process.stdout.write(`\n${model}, Node ${process.versions.node}, ${options.rounds} rounds, best and median\n\n`)
    process.stdout.write(benchTable(outcomes, { isTTY: process.stdout.isTTY === true, environment: process.env }))
    if (options.json !== null) process.stdout.write(`JSON: ${options.json}\n`)
    if (outcomes.every((outcome) => 'failure' in outcome)) {
      throw labError('NOT_MEASURED', 'Nothing could be measured; the reasons stand above.')
    }
  },
})

/** Measures a case in a process of its own, which ends when this one does. */
async function runCase(benchCase: BenchCase, rounds: number): Promise<BenchOutcome> {
  const child = fork(new URL('./case-process.ts', import.meta.url), [JSON.stringify(benchCase), String(rounds)])
  return await new Promise((resolve) => {
    child.once('message', (answer: CaseAnswer) =>
      resolve(
        'result' in answer
          ? { case: benchCase, result: answer.result }
          : { case: benchCase, failure: answer.error.message },
      ),
    )
    child.once('exit', (code, signal) =>
      resolve({ case: benchCase, failure: `the measuring process ended (${signal ?? `exit code ${code}`})` }),
    )
  })
}

function nameOf(benchCase: BenchCase): string {
  switch (benchCase.kind) {
    case 'environment':
      return benchCase.watched ? 'environment, four specifications' : 'environment alone'
    case 'rollout':
      return `rollout, ${benchCase.workload}, actors ${benchCase.actors}, revectorise ${benchCase.revectorise}`
    case 'training': {
      const settings = Object.entries(benchCase.change).map(([key, value]) => `${key} ${value}`)
      return `training, ${benchCase.workload}, ${settings.join(', ')}`
    }
    case 'peer':
      return `${benchCase.engine} beside ${benchCase.command}, ${benchCase.workload}`
    case 'time-to-f1':
      return `time to F1, seed ${benchCase.seed}`
  }
}
