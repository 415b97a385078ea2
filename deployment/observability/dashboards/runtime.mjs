import { graph, number } from './panels.mjs';

const EACH = '{{job}} {{instance}}';

export const runtime = {
  uid: 'shop-runtime',
  title: 'Node runtime',
  means: 'Processor, memory and event loop of every process',
  rows: {
    Now: [
      number({
        title: 'Running since',
        unit: 's',
        queries: { [EACH]: 'time() - process_start_time_seconds{job!="node"}' },
      }),
      number({ title: 'Memory', unit: 'bytes', queries: { [EACH]: 'process_resident_memory_bytes' } }),
      number({ title: 'Longest event loop delay', unit: 's', queries: { [EACH]: 'nodejs_eventloop_lag_max_seconds' } }),
      number({ title: 'Node', queries: { '{{version}}': 'count by (version) (nodejs_version_info)' } }),
    ],
    Processes: [
      graph({
        title: 'Processor',
        unit: 'percentunit',
        means: '100 % is one processor',
        queries: { [EACH]: 'rate(process_cpu_seconds_total[$__rate_interval])' },
      }),
      graph({ title: 'Memory', unit: 'bytes', queries: { [EACH]: 'process_resident_memory_bytes' } }),
      graph({ title: 'Open files and sockets', queries: { [EACH]: 'process_open_fds' } }),
      graph({
        title: 'Restarts in an hour',
        queries: { [EACH]: 'changes(process_start_time_seconds[1h])' },
      }),
    ],
    Node: [
      graph({ title: 'Event loop delay, 99 %', unit: 's', queries: { [EACH]: 'nodejs_eventloop_lag_p99_seconds' } }),
      graph({ title: 'Heap in use', unit: 'bytes', queries: { [EACH]: 'nodejs_heap_size_used_bytes' } }),
      graph({
        title: 'Garbage collection',
        unit: 'percentunit',
        means: 'Part of the time',
        queries: { [`${EACH} {{kind}}`]: 'rate(nodejs_gc_duration_seconds_sum[$__rate_interval])' },
      }),
      graph({ title: 'What the event loop waits for', queries: { [EACH]: 'nodejs_active_resources_total' } }),
    ],
  },
};
