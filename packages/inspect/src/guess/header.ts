/** Columns of NSL-KDD, whose files have no header (Tavallaee et al. 2009; the names are those of KDD Cup 1999). */
const NSL_KDD =
  'duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot num_failed_logins logged_in num_compromised root_shell su_attempted num_root num_file_creations num_shells num_access_files num_outbound_cmds is_host_login is_guest_login count srv_count serror_rate srv_serror_rate rerror_rate srv_rerror_rate same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate dst_host_srv_diff_host_rate dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate class difficulty'.split(
    ' ',
  )

/**
 * Names for files without a header: a first line of which a quarter are numbers holds values.
 *
 * @param cells of the first line; null = the format has names of its own
 * @returns null where the first line is a header
 */
export function headerOf(cells: readonly string[] | null): { names: string[]; known: string | null } | null {
  if (cells === null) return null
  const numbers = cells.filter((cell) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(cell)).length
  if (numbers === 0 || 4 * numbers < cells.length) return null
  const isNslKdd = (cells.length === 42 || cells.length === 43) && ['tcp', 'udp', 'icmp'].includes(cells[1])
  if (isNslKdd) return { names: NSL_KDD.slice(0, cells.length), known: 'NSL-KDD' }
  return { names: cells.map((_, i) => `column_${i + 1}`), known: null }
}
