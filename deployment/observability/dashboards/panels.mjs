import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PanelBuilder as NumberBuilder } from '@grafana/grafana-foundation-sdk/stat';
import {
  LegendDisplayMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';

/** Lines over time: { title, unit, means, queries: { 'legend with {{labels}}': expression } }. Three in a row. */
export function graph({ title, unit = 'short', means = '', queries }) {
  const panel = new GraphBuilder()
    .title(title)
    .description(means)
    .unit(unit)
    .min(0)
    .span(8)
    .height(8)
    .lineWidth(1)
    .fillOpacity(10)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement('bottom').showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort('desc'));
  return withQueries(panel, queries);
}

/** One number, or one for each label, as of now. Four in a row. */
export function number({ title, unit = 'short', means = '', queries }) {
  const panel = new NumberBuilder().title(title).description(means).unit(unit).span(6).height(4);
  return withQueries(panel, queries);
}

/** Of a histogram: how long it took for half, for 95 % and for 99 % of what was measured. */
export function quantiles(metric, labels = '') {
  const of = (quantile) => `histogram_quantile(${quantile}, sum by (le) (${perSecond(`${metric}_bucket`, labels)}))`;
  return { 'half of them': of(0.5), '95 %': of(0.95), '99 %': of(0.99) };
}

/** Of a histogram: how long it took for 95 %, for each value of a label. */
export function slowest(metric, by) {
  return `histogram_quantile(0.95, sum by (le, ${by}) (${perSecond(`${metric}_bucket`)}))`;
}

/** How often a counter goes up, summed over all processes for each value of the labels. */
export function rateOf(metric, by, labels = '') {
  return `sum by (${by}) (${perSecond(metric, labels)})`;
}

function perSecond(metric, labels = '') {
  return `rate(${metric}${labels && `{${labels}}`}[$__rate_interval])`;
}

function withQueries(panel, queries) {
  const letters = 'ABCDEFGH';
  Object.entries(queries).forEach(([legend, expression], index) =>
    panel.withTarget(new DataqueryBuilder().refId(letters[index]).expr(expression).legendFormat(legend)),
  );
  return panel;
}
