import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { APPS } from '../local/apps.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { sum } from './measure.mjs';

const MEMORY_GOAL_MB = 600;

/** CPU of the four apps, and of the stores, apart: goals are about the former. */
export function withTotals(result) {
  const parts = Object.entries(result.cpuMs);
  const part = (isWanted) => sum(Object.fromEntries(parts.filter(([name]) => isWanted(name))));
  return { ...result, appsMs: part((name) => APPS.includes(name)), storesMs: part((name) => !APPS.includes(name)) };
}

/** Each goal of what was measured, with what it came to. A goal whose reference was left out is left out too. */
export function checkGoals({ scenarios, references, memory }) {
  const ofScenarios = SCENARIOS.filter(({ name }) => scenarios[name]).flatMap(({ name, title, goals }) =>
    goals.flatMap((goal) => checkGoal(title, goal, { own: scenarios[name], reference: references[goal.times] })),
  );
  const idleMb = sum(memory.idleMb);
  const ofMemory = { what: 'memory of the four apps, idle', goal: `≤ ${MEMORY_GOAL_MB} MB`, unit: 'MB' };
  return [...ofScenarios, { ...ofMemory, value: idleMb, met: idleMb <= MEMORY_GOAL_MB }];
}

function checkGoal(title, { of, atMost, atLeast, times }, { own, reference }) {
  if (times && !reference) return [];
  const figure = (result) => (of === 'appsMs' && result.appsMs === undefined ? sum(result.cpuMs) : result[of]);
  const value = times ? figure(own) / figure(reference) : figure(own);
  const met = atMost === undefined ? value >= atLeast : value <= atMost;
  const unit = times ? `× ${reference.title}` : 'ms';
  const what = `${title}: ${of === 'appsMs' ? 'CPU of the apps' : 'answers/s'}`;
  return [{ what, value, goal: atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`, unit, met }];
}

export function machine() {
  return {
    processor: cpus()[0]?.model.trim(),
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}
