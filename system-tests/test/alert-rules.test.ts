import { promtool, whenInstalled } from '../testing/prometheus';

whenInstalled('the alerts', () => {
  test('when the rules are read, then Prometheus understands them, and the configuration for Compose', () => {
    expect(promtool('check', 'rules', 'prometheus/rules/objectives.yml', 'prometheus/rules/alerts.yml')).toMatch(
      /SUCCESS[^]*SUCCESS/,
    );
    // Without the rules, which are elsewhere there.
    expect(promtool('check', 'config', '--syntax-only', 'prometheus/prometheus.yml')).toContain('SUCCESS');
  });

  test('when something happens that an alert is for, then it fires, and else it does not (tests/alerts.yml)', () => {
    expect(promtool('test', 'rules', 'prometheus/tests/alerts.yml')).toContain('SUCCESS');
  }, 120_000);
});
