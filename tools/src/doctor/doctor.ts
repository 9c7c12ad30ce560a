/** `npx nx run tools:doctor --run=runs/NAME`: why a training went as it did. docs/doctor.md explains every finding. */
import { commandLine, endWith, runCommand } from '@vigil/command-line'
import { diagnoseRun, errorKinds } from '@vigil/learner'
import { parseOptions, USAGE } from './options.ts'
import { doctorReport } from './report.ts'

const PROBLEMS_FOUND = 1

await runCommand(async () => {
  const options = parseOptions(commandLine())
  if (options === null) {
    process.stdout.write(USAGE)
    return
  }
  const { run, data, json } = options
  const diagnosis = await diagnoseRun(run, data)
  const isTTY = process.stdout.isTTY === true
  const text = json
    ? `${JSON.stringify({ run, ...diagnosis }, null, 2)}\n`
    : doctorReport({ run, diagnosis, columns: process.stdout.columns, isTTY, environment: process.env })
  process.stdout.write(text)
  if (!diagnosis.findings.some(({ severity }) => severity === 'problem')) return
  // Not an error of the command: the answer is the output, and nothing is said on stderr.
  endWith(PROBLEMS_FOUND)
}, errorKinds)
