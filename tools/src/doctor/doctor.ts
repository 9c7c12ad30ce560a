/** `npx nx run tools:doctor --run=runs/NAME`: why a training went as it did. docs/doctor.md explains every finding. */

import { type CommandContext, endWith, runCommand } from '@vigil/command-line'
import { diagnoseRun } from '@vigil/learner'
import { HELP, parseOptions } from './options.ts'
import { doctorReport } from './report.ts'

const PROBLEMS_FOUND = 1

await runCommand({ help: HELP, run: doctor })

async function doctor({ words }: CommandContext): Promise<void> {
  const { run, data, json } = parseOptions(words)
  const diagnosis = await diagnoseRun(run, data)
  const isTTY = process.stdout.isTTY === true
  const text = json
    ? `${JSON.stringify({ run, ...diagnosis }, null, 2)}\n`
    : doctorReport({ run, diagnosis, columns: process.stdout.columns, isTTY, environment: process.env })
  process.stdout.write(text)
  if (!diagnosis.findings.some(({ severity }) => severity === 'problem')) return
  // Not an error of the command: the answer is the output, and nothing is said on stderr.
  endWith(PROBLEMS_FOUND)
}
