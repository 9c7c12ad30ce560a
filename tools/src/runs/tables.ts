import { absentNumber } from '@vigil/command-line'
import { affectsResults, type Config } from '@vigil/config'
import { MEASURE_NAMES, MEASURES, type Measure, type TitledTable } from '@vigil/experiments'
import { type KnownRun, stateOf } from './known-run.ts'

/** What a list shows of each run. */
const LISTED: readonly Measure[] = ['rewardMean', 'f1', 'alertRate', 'undecidedRate']

/** One line for each run. */
export function listTable(runs: readonly KnownRun[]): TitledTable {
  return {
    title: 'Runs',
    columns: ['', 'dataset', 'seed', 'state', ...LISTED.map((measure) => MEASURES[measure].heading), 'tags'],
    rows: runs.map((run) => [
      run.path,
      run.config?.dataset ?? absentNumber,
      String(run.config?.seed ?? absentNumber),
      stateOf(run),
      ...LISTED.map((measure) => measured(run, measure)),
      run.tags.join(', '),
    ]),
    omission: null,
  }
}

/** Every measure that some run has, run by run. */
export function measureTable(runs: readonly KnownRun[]): TitledTable {
  const shown = MEASURE_NAMES.filter((measure) => runs.some(({ measures }) => (measures?.[measure] ?? null) !== null))
  return {
    title: 'Test split',
    columns: ['', 'state', ...shown.map((measure) => MEASURES[measure].heading)],
    rows: runs.map((run) => [run.path, stateOf(run), ...shown.map((measure) => measured(run, measure))]),
    omission: null,
  }
}

/** Settings that differ between the runs, one a row; where a run lies is no difference. */
export function differenceTable(runs: readonly KnownRun[]): TitledTable {
  const flat = runs.map(({ config }) => new Map(config === null ? [] : settingsOf(config)))
  const names = [...new Set(flat.flatMap((settings) => [...settings.keys()]))].sort()
  const rows = names
    .map((name) => [name, ...flat.map((settings) => settings.get(name) ?? absentNumber)])
    .filter(([, ...values]) => new Set(values).size > 1)
  return { title: 'Settings that differ', columns: ['', ...runs.map(({ path }) => path)], rows, omission: null }
}

function measured({ measures }: KnownRun, measure: Measure): string {
  return MEASURES[measure].format(measures?.[measure] ?? null)
}

/** Settings with effect, nested ones with a dot. */
function settingsOf(config: Config): [string, string][] {
  return Object.entries(config)
    .filter(([key]) => affectsResults(key))
    .flatMap(([key, value]): [string, string][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, own]) => [`${key}.${inner}`, JSON.stringify(own)])
        : [[key, JSON.stringify(value)]],
    )
}
