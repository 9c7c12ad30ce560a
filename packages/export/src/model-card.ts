import { formatCount, formatShare, harmlessJson, harmlessText } from '@vigil/command-line'
import { type Bundle, type Evaluation, SCORE_COLUMNS } from '@vigil/runs'
import ownPackage from '../package.json' with { type: 'json' }

/** Figures of the header, by the names that leaderboards know; of a team whose actions have consequences they say too little. */
const METRICS = ['f1', 'precision', 'recall', 'accuracy', 'prAuc', 'falsePositiveRate'] as const

/** Scores of the table of policies. */
const SHOWN = ['f1', 'precision', 'recall', 'falsePositiveRate', 'alertRate', 'undecidedRate'] as const

/**
 * A model card: Markdown behind a header of YAML as the Hugging Face Hub reads it, with what is known of a run and nothing else.
 *
 * @example
 * ```ts
 * modelCard('triage', { bundle: await readBundle(run), evaluation: await readEvaluation(`${run}/evaluation.json`) })
 * ```
 *
 * @param name of the team
 */
export function modelCard(
  name: string,
  { bundle, evaluation }: { readonly bundle: Bundle; readonly evaluation: Evaluation },
): string {
  const parts = [
    headerOf(name, evaluation),
    `# ${plain(name)}`,
    plain(evaluation.verdict),
    ...evaluation.notes.map(plain),
    '## Team',
    teamOf(bundle),
    '## Evaluation',
    `${formatCount(evaluation.rows)} events of the ${plain(evaluation.split)} split of ${plain(evaluation.dataset)}, ${formatCount(evaluation.threats)} of them threats. The checkpoint was chosen on the validation split.`,
    scoresOf(evaluation),
    '## Classes',
    classesOf(evaluation),
    '## Origin',
    originOf(bundle),
  ]
  return `${parts.join('\n\n')}\n`
}

/** YAML whose values are JSON, which is YAML as well. */
function headerOf(name: string, { dataset, split, team, response }: Evaluation): string {
  const results = {
    task: { type: 'tabular-classification', name: 'triage of security events' },
    dataset: { name: dataset, type: dataset, split },
    metrics: METRICS.map((type) => ({ type, value: team[type] })),
  }
  const fields = {
    library_name: 'vigil',
    tags: ['reinforcement-learning', 'multi-agent', 'ppo', 'security', 'intrusion-detection'],
    pipeline_tag: 'tabular-classification',
    'model-index': [{ name, results: response === null ? [results] : [] }],
  }
  return ['---', ...Object.entries(fields).map(([key, value]) => `${key}: ${harmlessJson(value, 0)}`), '---'].join('\n')
}

function teamOf({ network, environment, vote, pipeline, specifications }: Bundle): string {
  const widths = (list: readonly number[]) => list.join(' x ')
  const memory = network.lstmHidden.length === 0 ? '' : `, LSTM layers of ${widths(network.lstmHidden)}`
  return table(
    ['what', 'value'],
    [
      ['agents', `${network.agentCount}, of which ${vote.faults} may be faulty`],
      ['decision', `by ${vote.rule}; without one ${['allow', 'block', 'quarantine', 'alert'][vote.fallbackAction]}`],
      ['policy of an agent', `hidden layers of ${widths(network.policyHidden)}${memory}`],
      ['events', environment.mode === 'iid' ? 'each by itself' : 'streams in the order of time'],
      ['actions', environment.response === null ? 'have no consequences' : 'end streams, and have costs'],
      ['inputs', `${pipeline.columns.length} columns of the profile ${pipeline.features}`],
      ...specifications.map(({ name, formula, target }) => [
        `specification ${name}`,
        `${formula} in ${formatShare(target)} of the steps`,
      ]),
    ],
  )
}

function scoresOf({ team, baselines, response }: Evaluation): string {
  const reward = response === null ? 'reward per event' : 'return per stream'
  const head = ['policy', ...SHOWN.map((score) => SCORE_COLUMNS[score].heading), reward]
  const rows = [{ name: 'team', ...team }, ...baselines].map((scores) => [
    scores.name,
    ...SHOWN.map((score) => SCORE_COLUMNS[score].format(scores[score])),
    SCORE_COLUMNS.rewardMean.format(scores.rewardMean),
  ])
  return table(head, rows)
}

function classesOf({ perClass }: Evaluation): string {
  return table(
    ['class', 'events', 'decided rightly', 'events in training'],
    perClass.map(({ name, rows, recall, trainRows }) => [
      name,
      formatCount(rows),
      formatShare(recall),
      trainRows === 0 ? 'none' : formatCount(trainRows),
    ]),
  )
}

function originOf({ iteration, configFingerprint, datasetFingerprint }: Bundle): string {
  return table(
    ['what', 'value'],
    [
      ['Vigil', ownPackage.version],
      ['iteration', formatCount(iteration)],
      ['settings, SHA-256', configFingerprint],
      ['rows, SHA-256', datasetFingerprint],
    ],
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** Text of files that means nothing in Markdown and HTML. */
function plain(text: string): string {
  return harmlessText(text, 2000).replace(/[\\|<>`*_[\]]/g, '\\$&')
}
