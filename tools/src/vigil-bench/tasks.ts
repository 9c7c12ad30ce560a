import { copyFile, readdir, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '@vigil/runs'

/** A dataset with its split and the settings that its page documents. */
export type Task = {
  readonly name: string
  /** The folder under --data-dir that it reads; null of a generator. */
  readonly data: string | null
  /** Files or folders that must be there. */
  readonly needs: readonly string[]
  /** In examples/events; null where the dataset needs none. */
  readonly description: string | null
  /** Words of learner:train, --data aside. */
  readonly words: readonly string[]
}

/** All tasks, in the order of the table. */
export const TASKS: readonly Task[] = [
  generator('synthetic', []),
  generator('quickest', ['--rows=2000000', '--policy-hidden=32,32', '--value-hidden=32,32']),
  generator('campaign', []),
  {
    ...{ name: 'nsl-kdd', data: 'nsl-kdd', description: 'nsl-kdd.yaml' },
    needs: ['KDDTrain+.txt.gz', 'KDDTest+.txt.gz'],
    words: ['--max-false-positive-rate=0.002'],
  },
  {
    ...{ name: 'adfa-ld', data: 'adfa-ld', description: 'adfa-ld.yaml' },
    needs: ['Attack_Data_Master', 'Training_Data_Master', 'Validation_Data_Master'],
    words: ['--iterations=20', '--max-false-positive-rate=0.03'],
  },
  {
    ...{ name: 'ait-ads', data: 'ait-ads', description: 'ait-ads.yaml' },
    needs: ['fox', 'harrison', 'russellmitchell', 'santos', 'wardbeck', 'wheeler'].map((name) => `${name}.csv.gz`),
    words: ['--iterations=15', '--sampling=importance'],
  },
  {
    ...{ name: 'darpa-tc', data: 'darpa-tc-trace-e5', description: null, needs: [] },
    words: ['--dataset=darpa-tc', '--features=behaviour', '--split=stratified'],
  },
]

function generator(name: string, words: readonly string[]): Task {
  return { name, data: null, needs: [], description: null, words: [`--dataset=${name}`, ...words] }
}

/** What `--budget=quick` makes smaller: to see that everything works, not for figures. */
export function quickWords({ data, name }: Task): readonly string[] {
  const respond = name === 'quickest' || name === 'campaign'
  return [
    ...['--iterations=2', '--validate-every=1', '--policy-hidden=8', '--value-hidden=8', '--shards=2'],
    ...(data === null ? ['--rows=2000'] : []),
    ...(respond ? ['--rows-per-iteration=256', '--rollout-steps=16'] : ['--rows-per-iteration=256']),
    '--minibatch-size=256',
  ]
}

/**
 * What is missing of a task's data; null = nothing.
 *
 * @param dataDir null where none was given
 */
export async function missingOf({ data, needs }: Task, dataDir: string | null): Promise<string | null> {
  if (data === null) return null
  if (dataDir === null) return `${data} (give --data-dir)`
  const names = await readdir(join(dataDir, data)).catch(() => null)
  if (names === null || names.length === 0) return `${join(dataDir, data)}`
  const missing = needs.find((name) => !names.includes(name))
  return missing === undefined ? null : join(dataDir, data, missing)
}

const DESCRIPTIONS = fileURLToPath(new URL('../../../examples/events/', import.meta.url))

/**
 * The word that names a task's data. A description lies beside links to the data, since its names are relative and the data's own
 * folder may not be written to.
 *
 * @param out folder of the bench
 */
export async function dataWords(task: Task, dataDir: string | null, out: string): Promise<readonly string[]> {
  const { data, description, name } = task
  if (data === null || dataDir === null) return []
  const from = resolve(dataDir, data)
  if (description === null) return [`--data=${from}`]
  const folder = join(out, 'data', name)
  await makeFolder(folder)
  for (const entry of task.needs) {
    await rm(join(folder, entry), { recursive: true, force: true })
    await symlink(join(from, entry), join(folder, entry))
  }
  await copyFile(join(DESCRIPTIONS, description), join(folder, description))
  return [`--data=${join(folder, description)}`]
}
