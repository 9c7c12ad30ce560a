import { access } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CommandContext,
  commandError,
  type FlagTable,
  flagsOf,
  numberFlag,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { makeFolder } from '@vigil/runs'
import { readFingerprinted } from '../bundle-fingerprint.ts'
import { countingVote } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { createTeamFiles } from '../team/team-files.ts'

const PORT = { min: 1, max: 65_535, integer: true } as const
const ROWS = { min: 1, max: 4096, integer: true } as const
const VIEW_MS = { min: 10, max: 600_000, integer: true } as const
const EPOCH = { min: 0, max: 2 ** 32 - 1, integer: true } as const

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose team it is, as runs/NAME: its bundle' },
  out: { value: 'FOLDER', about: 'where the manifest team.json and the keys are written; it must hold no team yet' },
  hosts: { value: 'A,B,...', about: 'where the agents listen, one host each; without it all on this machine' },
  port: { value: 'N', about: 'port of agent 0; on one machine the others follow', number: PORT, default: 7400 },
  batch: { value: 'N', about: 'most events of a batch', number: ROWS, default: 1024 },
  'view-ms': { value: 'N', about: 'milliseconds of view 0, at least 20 message delays', number: VIEW_MS, default: 500 },
  epoch: { value: 'N', about: 'number of the epoch: one more than any before', number: EPOCH, default: 0 },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:team-create',
    file: 'packages/service/src/cli/team-create.ts',
    purpose:
      'Makes the keys of a team whose agents are processes of their own, and the manifest by which they know each other.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--run=runs/NAME --out=team', '--run=runs/NAME --out=team --hosts=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4'],
    exitCodes: '0 made, 1 a file cannot be written, 2 the usage is bad, 3 the bundle is bad',
  },
  run: create,
})

async function create({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const run = textFlag(flags, 'run', 'runs/NAME')
  const out = textFlag(flags, 'out', 'FOLDER')
  if (run === undefined || out === undefined) {
    throw commandError(
      'INVALID_VALUE',
      'Give the folder of a run and a folder for the team: --run=runs/NAME --out=team.',
    )
  }
  const { bundle, fingerprint } = await readFingerprinted(run)
  const { agentCount } = bundle.network
  const port = numberFlag(flags, 'port', PORT) ?? FLAGS.port.default
  const hosts = textFlag(flags, 'hosts', 'A,B,...')?.split(',')
  if (hosts !== undefined && hosts.length !== agentCount) {
    throw commandError(
      'INVALID_VALUE',
      `--hosts needs one host for each of ${agentCount} agents, received ${hosts.length}.`,
    )
  }
  const addresses = Array.from({ length: agentCount }, (_, agent) =>
    hosts === undefined ? `127.0.0.1:${port + agent}` : `${hosts[agent]}:${port}`,
  )
  await makeFolder(out)
  const exists = await access(join(out, 'team.json')).then(
    () => true,
    () => false,
  )
  if (exists)
    throw serviceError('TEAM_INVALID', `${out} has a team already, whose keys would be lost. Give another --out.`)
  const { rule, faults, fallbackAction, weights } = countingVote(bundle)
  const path = await createTeamFiles(out, {
    ...{ addresses, epoch: numberFlag(flags, 'epoch', EPOCH) ?? FLAGS.epoch.default, faults },
    bundle: fingerprint,
    batchRows: numberFlag(flags, 'batch', ROWS) ?? FLAGS.batch.default,
    viewMs: numberFlag(flags, 'view-ms', VIEW_MS) ?? FLAGS['view-ms'].default,
    follows: null,
    decision: { rule, fallbackAction, ...(rule === 'weighted' && { weights }) },
  })
  process.stdout.write(
    `${path}: ${agentCount} agents, of which ${faults} may be faulty. Give each agent its own key file alone.\n`,
  )
  return { agents: agentCount, faults, files: [{ path, what: 'manifest of the team' }] }
}
