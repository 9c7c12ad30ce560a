import { formatCount, formatScore, formatShare, formatSigned } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import { html, type Markup } from './html.ts'
import { responseTiles } from './response/response-tiles.ts'

type Tile = { readonly name: string; readonly value: string; readonly context: string }

/** The top of the page: the verdict in words, its first sentence large, six figures, and what the reader must know besides. */
export function headline(evaluation: Evaluation): Markup {
  const { dataset, split, rows, threats, rule, faults, agents, verdict, notes } = evaluation
  const [first, ...rest] = unbroken(verdict).split(/(?<=\.) (?=[A-Z])/)
  const team = `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}, ${rule} rule, f = ${faults}`
  return html`<header class="headline">
<p class="eyebrow"><b>Vigil</b> ${dataset} <span>/</span> ${split}</p>
<h1>${first}</h1>
${rest.length === 0 ? null : html`<p class="verdict">${rest.join(' ')}</p>`}
<p class="lead">${formatCount(rows)} events, ${formatCount(threats)} of them threats (${formatShare(rows === 0 ? 0 : threats / rows)}). ${team}.</p>
${notes.length === 0 ? null : html`<ul class="notes">${notes.map((note) => html`<li>${unbroken(note)}</li>`)}</ul>`}
<dl class="tiles">
${tiles(evaluation).map(
  ({ name, value, context }) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="context">${context}</dd></div>`,
)}
</dl>
</header>`
}

/** A figure keeps its per cent sign. */
function unbroken(text: string): string {
  return text.replace(/(\d) %/g, '$1\u00A0%')
}

function tiles(evaluation: Evaluation): Tile[] {
  const { response, gain, actions } = evaluation
  if (response !== null && gain !== null) return responseTiles(response, gain, actions.alert)
  const { team, threats, rows, bayes } = evaluation
  return [
    { name: 'Team F1', value: formatScore(team.f1), context: bestBaseline(evaluation, 'f1', formatScore) },
    {
      name: 'Alerts',
      value: formatShare(team.alertRate),
      context: `${formatCount(team.threatAlerts)} on threats, ${formatCount(team.benignAlerts)} on benign events; without a decision: ${formatShare(team.undecidedRate)}`,
    },
    {
      name: 'Recall',
      value: formatShare(team.recall),
      context: `${formatCount(team.tp)} of ${formatCount(threats)} threats caught`,
    },
    {
      name: 'False-positive rate',
      value: formatShare(team.falsePositiveRate),
      context: `${formatCount(team.fp)} of ${formatCount(rows - threats)} benign events stopped`,
    },
    {
      name: 'Reward per event',
      value: formatSigned(team.rewardMean),
      context: bestBaseline(evaluation, 'rewardMean', formatSigned),
    },
    bayes === null
      ? { name: 'PR-AUC', value: formatScore(team.prAuc), context: 'area under precision against recall' }
      : {
          name: 'From the Bayes optimum',
          value: `${formatSigned(team.f1 - bayes.f1, 3)} F1`,
          context: `the best possible decision has F1 ${formatScore(bayes.f1)}, reward ${formatSigned(bayes.rewardMean)}`,
        },
  ]
}

function bestBaseline(
  { baselines }: Evaluation,
  score: 'f1' | 'rewardMean',
  format: (value: number) => string,
): string {
  if (baselines.length === 0) return 'no baseline to compare with'
  const best = baselines.reduce((best, other) => (other[score] > best[score] ? other : best))
  return `best baseline: ${best.name}, ${format(best[score])}`
}
