export const PRESET_NAMES = [
  'none',
  'zeek-conn',
  'suricata-flow',
  'sysmon',
  'laurel',
  'falco',
  'ocsf',
  'cic-flow',
] as const

/** Name of a kind of events that comes with defaults. */
export type PresetName = (typeof PRESET_NAMES)[number]

/**
 * Defaults for kinds of events that people have, by the documents of those who write them. Only columns that are known when the
 * decision is due are inputs; verdicts of the sensor itself are leaky.
 */
export const PRESETS: Readonly<Record<PresetName, Readonly<Record<string, unknown>>>> = {
  none: {},
  // docs.zeek.org, logs/conn
  'zeek-conn': {
    time: { column: 'ts', unit: 's' },
    stream: ['id.orig_h'],
    columns: {
      categorical: ['proto', 'service', 'conn_state', 'local_orig', 'local_resp', 'history'],
      numeric: [
        'id.resp_p',
        'duration',
        'orig_bytes',
        'resp_bytes',
        'missed_bytes',
        'orig_pkts',
        'orig_ip_bytes',
        'resp_pkts',
        'resp_ip_bytes',
      ],
      ignore: ['uid', 'id.orig_h', 'id.resp_h', 'id.orig_p', 'tunnel_parents', 'community_id'],
    },
    history: { of: ['proto', 'service', 'conn_state'] },
  },
  // docs.suricata.io, EVE JSON, event type flow
  'suricata-flow': {
    where: 'event_type == "flow"',
    time: { column: 'timestamp' },
    stream: ['src_ip'],
    columns: {
      categorical: ['proto', 'app_proto', 'flow.state', 'flow.reason', 'tcp.state', 'tcp.tcp_flags'],
      numeric: [
        'dest_port',
        'flow.pkts_toserver',
        'flow.pkts_toclient',
        'flow.bytes_toserver',
        'flow.bytes_toclient',
        'flow.age',
      ],
      ignore: [
        'flow_id',
        'src_ip',
        'dest_ip',
        'src_port',
        'flow.start',
        'flow.end',
        'in_iface',
        'community_id',
        'event_type',
      ],
      leaky: ['flow.alerted'],
    },
    history: { of: ['proto', 'app_proto', 'flow.state'] },
  },
  // learn.microsoft.com, Sysmon; as JSON of Winlogbeat or evtx_dump, flattened
  sysmon: {
    time: { column: 'UtcTime' },
    stream: ['Computer', 'ProcessGuid'],
    columns: {
      categorical: ['EventID', 'Image', 'IntegrityLevel', 'Protocol', 'Initiated', 'DestinationPort', 'User'],
      ignore: [
        'UtcTime',
        'ProcessGuid',
        'ProcessId',
        'EventRecordID',
        'Computer',
        'LogonGuid',
        'ParentProcessGuid',
        'ParentProcessId',
        'Hashes',
      ],
      leaky: ['RuleName'],
    },
    history: { of: ['EventID'] },
  },
  // github.com/threathunters-io/laurel: Linux audit as JSON lines
  laurel: {
    time: { column: 'ID' },
    stream: ['NODE', 'SYSCALL.pid'],
    columns: {
      categorical: [
        'SYSCALL.SYSCALL',
        'SYSCALL.success',
        'SYSCALL.comm',
        'SYSCALL.exe',
        'SYSCALL.uid',
        'SYSCALL.euid',
        'SYSCALL.tty',
      ],
      numeric: ['SYSCALL.exit', 'SYSCALL.items'],
      ignore: [
        'ID',
        'NODE',
        'SYSCALL.pid',
        'SYSCALL.ppid',
        'SYSCALL.a0',
        'SYSCALL.a1',
        'SYSCALL.a2',
        'SYSCALL.a3',
        'SYSCALL.ses',
      ],
      leaky: ['SYSCALL.key'],
    },
    history: { of: ['SYSCALL.SYSCALL', 'SYSCALL.comm'] },
  },
  // falco.org, JSON output: every line is an alert of a rule
  falco: {
    time: { column: 'time' },
    stream: ['hostname', 'output_fields.container.id'],
    columns: {
      categorical: [
        'rule',
        'priority',
        'source',
        'output_fields.proc.name',
        'output_fields.user.name',
        'output_fields.evt.type',
      ],
      ignore: ['time', 'output', 'uuid', 'hostname', 'output_fields.container.id', 'output_fields.evt.time'],
    },
    history: { of: ['rule', 'priority'] },
  },
  // schema.ocsf.io, base event
  ocsf: {
    time: { column: 'time', unit: 'ms' },
    stream: ['device.uid'],
    columns: {
      categorical: ['class_uid', 'activity_id', 'type_uid', 'status_id', 'metadata.product.name'],
      ignore: ['time', 'metadata.uid', 'device.uid', 'message', 'raw_data'],
      leaky: ['severity_id', 'severity', 'disposition_id', 'disposition', 'action_id', 'action'],
    },
    history: { of: ['class_uid', 'activity_id'] },
  },
  // unb.ca/cic, CICFlowMeter
  'cic-flow': {
    label: { column: 'Label', benign: ['BENIGN', 'Benign', 'benign'] },
    class: 'Label',
    missing: ['', 'NaN', 'Infinity', 'inf'],
    columns: {
      categorical: ['Protocol'],
      ignore: ['Flow ID', 'Source IP', 'Src IP', 'Source Port', 'Src Port', 'Destination IP', 'Dst IP', 'Timestamp'],
    },
  },
}
