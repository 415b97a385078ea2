import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packagesIn } from './inspect-image.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

// What the list is of, not what is on it.
const OURS = '@shop/';

/** CycloneDX, from the lock file, of exactly the packages that are in the image; one that the lock file lacks is a problem. */
export function billOfMaterials(name, image) {
  const inImage = new Set(packagesIn(image).filter((each) => !each.startsWith(OURS)));
  // Without --omit: npm leaves out whatever any workspace has among its devDependencies.
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const document = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
  const components = document.components.filter((each) => inImage.has(packageOf(each)));
  const listed = new Set(components.map(packageOf));
  const kept = new Set(components.map((each) => each['bom-ref']));
  document.components = components;
  document.dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
  document.metadata.component = { ...document.metadata.component, name: `shop/${name}`, type: 'container' };
  const missing = [...inImage].filter((each) => !listed.has(each));
  return { document, problems: missing.map((each) => `${each} is in the image and not in the SBOM`) };
}

function packageOf({ group, name, version }) {
  return `${group ? `${group}/` : ''}${name}@${version}`;
}
