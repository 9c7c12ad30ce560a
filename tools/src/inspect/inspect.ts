/** `npx nx run tools:inspect --data=flows.csv`: what events are like, before anybody learns from them. docs/inspect.md explains every finding. */

import { existsSync } from 'node:fs'
import {
  assertFileWritable,
  type CommandContext,
  commandError,
  endWith,
  harmlessJson,
  harmlessText,
  runCommand,
  writeFileAtomically,
} from '@vigil/command-line'
import { isDescription } from '@vigil/data'
import { type Inspection, inspectData, inspectDescription, renderInspection } from '@vigil/inspect'
import { HELP, type Options, parseOptions } from './options.ts'
import { inspectionReport } from './report.ts'

const PROBLEMS_FOUND = 1

await runCommand({ help: HELP, run: inspect })

async function inspect({ words }: CommandContext): Promise<void> {
  const options = parseOptions(words)
  const out = isDescription(options.data) ? null : (options.out ?? 'events.yaml')
  await requireOutputs(options, out)
  const inspection = await look(options, out)
  if (out !== null && inspection.draft !== null) await writeFileAtomically(out, inspection.draft)
  if (options.page !== null) await writeFileAtomically(options.page, renderInspection(inspection))
  const { columns, isTTY } = process.stdout
  const written = { draft: out, page: options.page }
  process.stdout.write(
    options.json
      ? `${harmlessJson({ ...inspection, written })}\n`
      : inspectionReport({ inspection, written, columns, isTTY: isTTY === true, environment: process.env }),
  )
  // Not an error of the command: the answer is the output, and nothing is said on stderr.
  if (inspection.findings.some(({ severity }) => severity === 'problem')) endWith(PROBLEMS_FOUND)
}

/** Asked before the work: what cannot be written, and what must not be written over. */
async function requireOutputs({ out: asked, label, force, page }: Options, out: string | null): Promise<void> {
  if (out === null && (asked !== undefined || label !== null)) {
    throw commandError(
      'INVALID_VALUE',
      `--${label === null ? 'out' : 'label'} is for drafts, but --data is a description already. Leave it out, or edit the description.`,
    )
  }
  if (out !== null && !force && existsSync(out)) {
    throw commandError(
      'OUTPUT_FILE',
      `${harmlessText(out)} is there already. Give another file with --out=FILE, or --force to write over it; --data=${harmlessText(out)} inspects it.`,
    )
  }
  for (const path of [out, page]) if (path !== null) await assertFileWritable(path)
}

function look({ data, label }: Options, out: string | null): Promise<Inspection> {
  const progress = (message: string) => process.stderr.isTTY === true && process.stderr.write(`${message}\n`)
  return out === null ? inspectDescription(data, progress) : inspectData(data, { label, out }, progress)
}
