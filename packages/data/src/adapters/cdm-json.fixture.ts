import type { SampleRecord } from './darpa-tc.fixture.ts'

const UNION = 'com.bbn.tc.schema.avro.cdm20'

/** A record of the flat tables as Engagement 5 published it: one line of JSON, numbers and identifiers in unions of Avro. */
export function cdmLine(record: SampleRecord): string {
  const uuid = (id: string) => id.toUpperCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const reference = (id: string) => (id === '' ? 'null' : `{"${UNION}.UUID":"${uuid(id)}"}`)
  const long = (text: string) => `{"long":${text}}`
  const map = (entries: Record<string, string>) =>
    `{"map":${JSON.stringify(Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== '')))}}`
  const base = (entries: Record<string, string>) => `"baseObject":{"permission":null,"properties":${map(entries)}}`
  const own = record.event_id === '' ? [] : [`"uuid":"${uuid(record.event_id)}"`]
  const { record_type: type, file_size: size } = record
  const [kind, fields]: [string, string[]] =
    type === 'RECORD_EVENT'
      ? [
          'Event',
          [
            `"sequence":${long(record.sequence)}`,
            `"type":"${record.event_type}"`,
            `"threadId":{"int":${record.thread_id}}`,
            `"subject":${reference(record.subject_uuid)}`,
            `"predicateObject":${reference(record.object_uuid)}`,
            `"timestampNanos":${record.timestamp_ns}`,
            `"size":${long(size)}`,
            `"properties":${map({ opm: 'Used', protection: record.protection })}`,
          ],
        ]
      : type === 'RECORD_SUBJECT'
        ? ['Subject', [`"type":"${record.event_type}"`, `"cid":77`]]
        : type === 'RECORD_FILE_OBJECT'
          ? ['FileObject', [base({ path: record.file_path }), `"size":${size === '0' ? 'null' : long(size)}`]]
          : type === 'RECORD_MEMORY_OBJECT'
            ? [
                'MemoryObject',
                [
                  base({ tgid: record.process_pid }),
                  `"memoryAddress":${record.memory_address}`,
                  `"size":${long(size)}`,
                ],
              ]
            : ['SrcSinkObject', [base({ pid: '5' })]]
  const datum = `{"${UNION}.${kind}":{${[...own, ...fields].join(',')}}}`
  return `{"datum":${datum},"CDMVersion":"20","type":"${type}","hostId":"83C8ED1F","sessionNumber":19,"source":"${record.source}"}`
}
