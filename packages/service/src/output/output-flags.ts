import { choiceFlag, commandError, type Flags, type FlagTable } from '@vigil/command-line'
import { ENVELOPES, OUTPUT_FORMATS, type OutputSettings } from './decision-output.ts'
import { QUARANTINE_TARGETS } from './ocsf-event.ts'

/** Flags of every command that writes decisions for others to read. */
export const OUTPUT_FLAGS = {
  output: { value: 'NAME', about: 'the format of decisions', choices: OUTPUT_FORMATS, default: 'vigil' },
  envelope: { value: 'NAME', about: 'what each decision is put into', choices: ENVELOPES, default: 'none' },
  'quarantine-of': {
    ...{ value: 'NAME', about: 'what a quarantine contains, which OCSF tells apart: something on a host, or a host' },
    ...{ choices: QUARANTINE_TARGETS, default: 'object' },
  },
} as const satisfies FlagTable

/** How decisions shall be written. @throws {VigilError} INVALID_VALUE */
export function outputSettings(flags: Flags): OutputSettings {
  const format = choiceFlag(flags, 'output', OUTPUT_FORMATS) ?? 'vigil'
  const quarantineOf = choiceFlag(flags, 'quarantine-of', QUARANTINE_TARGETS)
  if (quarantineOf !== undefined && format !== 'ocsf') {
    throw commandError('INVALID_VALUE', '--quarantine-of is for OCSF. Give --output=ocsf with it, or leave it out.')
  }
  return {
    ...{ format, envelope: choiceFlag(flags, 'envelope', ENVELOPES) ?? 'none' },
    ...{ quarantineOf: quarantineOf ?? 'object', isShadow: false },
  }
}
