import { keyParts } from '@vigil/features'

/** What an envelope is made of. */
type Enveloped = {
  /** names the event among all of its source */
  readonly uid: string
  /** milliseconds since 1970 */
  readonly time: number
  readonly stream: string | null
  /** fingerprint of the team's settings */
  readonly team: string
  readonly isShadow: boolean
  readonly format: 'vigil' | 'ocsf'
  /** JSON */
  readonly data: string
}

/**
 * An event in the structured mode of CloudEvents 1.0 (https://github.com/cloudevents/spec, JSON event format). Source and id together
 * name a decision: one that is written again has the same two.
 */
export function cloudEvent({ uid, time, stream, team, isShadow, format, data }: Enveloped): string {
  const subject = stream === null ? '' : keyParts(stream).join(' ')
  const head = {
    specversion: '1.0',
    id: uid,
    source: `/vigil/teams/${team}${isShadow ? '/shadow' : ''}`,
    type: format === 'ocsf' ? 'vigil.decision.ocsf' : 'vigil.decision',
    // An empty one is forbidden.
    ...(subject === '' ? {} : { subject }),
    time: new Date(time).toISOString(),
    datacontenttype: 'application/json',
  }
  return `${JSON.stringify(head).slice(0, -1)},"data":${data}}`
}
