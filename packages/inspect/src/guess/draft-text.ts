import { dirname, relative } from 'node:path'
import { harmlessText } from '@vigil/command-line'
import { PRESETS } from '@vigil/data'
import type { Draft, Placed } from './draft.ts'
import type { LabelGuess } from './label.ts'
import type { PresetKeys } from './roles.ts'

const PLACES = ['categorical', 'numeric', 'ignore', 'leaky'] as const

const HEADINGS: Readonly<Record<Placed['place'], string>> = {
  categorical: 'texts: the 255 most frequent ones are told apart',
  numeric: 'numbers',
  ignore: 'never inputs',
  leaky: 'inputs of --features=full alone: known only after the decision, or the label again. Look at each',
}

/**
 * The draft as YAML with a comment for each choice.
 *
 * @param path where it will lie: files are relative to it
 */
export function draftText(draft: Draft, path: string): string {
  const { preset, class: className, time, stream, raw, label } = draft
  const lines = [
    '# Drafted by npx nx run tools:inspect. Every line is a guess: look at it before you train.',
    '# docs/events.md explains all keys, docs/inspect.md what was looked for.',
    'version: 1',
    ...(preset === 'none' ? [] : [`preset: ${preset} # by the names of the columns`]),
    ...filesLines(draft, dirname(path)),
    ...(raw.encoding === 'utf-8' ? [] : [`encoding: ${raw.encoding} # it is not UTF-8`]),
    ...(raw.header === null
      ? []
      : [
          `# the files have no header${raw.header.known === null ? '; name the columns here' : `: these are the columns of ${raw.header.known}`}`,
          `header: [${raw.header.names.map(scalar).join(', ')}]`,
        ]),
    ...labelLines(label),
    ...(className === null ? [] : [`class: ${scalar(className)} # names threats in reports; never an input`]),
    ...(time === null ? [] : [`time: { column: ${scalar(time)} } # when it happened; never an input`]),
    ...(stream === null
      ? []
      : [
          `stream: [${scalar(stream)}] # whose history counts; no input itself`,
          '# history: { events: 4, gaps: true, counts: true } # what the stream did before, as further inputs',
        ]),
    ...(draft.split.by === 'files' || label === null ? [] : [`split: { by: ${draft.split.by} } # ${draft.split.why}`]),
    ...columnLines(draft),
  ]
  return `${lines.join('\n')}\n`
}

function filesLines({ files, raw }: Draft, base: string): string[] {
  const list = (paths: readonly string[]) => paths.map((path) => scalar(relative(base, path))).join(', ')
  if (files !== null) return [`files: { train: [${list(files.train)}], test: [${list(files.test)}] } # by their names`]
  const apart = `# split: { column: file, train: [${list(raw.paths.slice(0, -1))}], test: [${list(raw.paths.slice(-1))}] } # keeps whole files apart`
  return [`files: { all: [${list(raw.paths)}] }`, ...(raw.paths.length > 1 ? [apart] : [])]
}

function labelLines(label: LabelGuess | null): string[] {
  if (label === null) {
    return [
      '# Needed: what makes an event a threat. No column is called like a label and has a value that means benign.',
      '# label: { column: NAME, threat: [VALUE] }',
    ]
  }
  const { column, values, leavesOut, why } = label
  const where = leavesOut
    ? [`where: ${quoted(`row[${JSON.stringify(column)}] != null`)} # rows without a label are left out`]
    : []
  const text =
    values === null
      ? `label: { expression: ${quoted(`row[${JSON.stringify(column)}] != null`)} }`
      : `label: { column: ${scalar(column)}, ${values.key}: [${values.texts.map(value).join(', ')}] }`
  return [...where, `${text} # ${comment(why)}`]
}

/** A preset's lists are replaced by those that are given, so theirs come along. */
function columnLines({ preset, columns }: Draft): string[] {
  const own = (PRESETS[preset] as PresetKeys).columns
  const present = new Set(columns.map(({ name }) => name))
  const presetLists = PLACES.map((place) => [place, own?.[place] ?? []] as const)
  const known = new Map(presetLists.flatMap(([place, names]) => names.map((name) => [name, place] as const)))
  const lines: string[] = []
  for (const place of PLACES) {
    const added = columns.filter((one) => one.place === place && (!known.has(one.name) || place === 'leaky'))
    const moved = new Set(columns.filter((one) => one.place === 'leaky' && place !== 'leaky').map(({ name }) => name))
    const kept = (own?.[place] ?? []).filter((name) => (present.has(name) || own === undefined) && !moved.has(name))
    const names = new Set(added.map(({ name }) => name))
    const isChanged = added.length > 0 || (own?.[place] ?? []).some((name) => moved.has(name))
    if (!isChanged) continue
    lines.push(`  ${place}: # ${HEADINGS[place]}`)
    for (const name of kept) if (!names.has(name)) lines.push(`    - ${scalar(name)} # by the preset`)
    for (const { name, why } of added) lines.push(`    - ${scalar(name)} # ${comment(why)}`)
    // A list that lost all its names is an empty one.
    if (kept.length === 0 && added.length === 0) lines[lines.length - 1] = `  ${place}: []`
  }
  return lines.length === 0 ? [] : ['columns:', ...lines]
}

/** A text as YAML, plain where that is read as the same text. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_][\w./+ -]*$/.test(text) && !/ $|^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain ? text : JSON.stringify(text)
}

/** A value as it stands in a cell: numbers stay numbers. */
function value(text: string): string {
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? text : scalar(text)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function comment(text: string): string {
  return harmlessText(text, 140)
}
