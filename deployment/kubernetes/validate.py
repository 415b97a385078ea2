"""validate.py <folder of schemas> <versions> <files>: every document of the files fits Kubernetes' schemas, of each version.

What is not Kubernetes' own fits <Kind>.json in the folder; a document that nobody knows is an error, too.
"""

import functools
import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate import utils

# It reads two files for each document otherwise.
utils.schema_contents = functools.cache(utils.schema_contents)


def problem_of(document, version, custom):
    try:
        if document["kind"] in custom:
            jsonschema.validate(document, custom[document["kind"]])
        else:
            kubernetes_validate.validate(document, version, strict=True)
    except jsonschema.ValidationError as error:
        return f"{error.json_path}: {error.message[:300]}"
    except kubernetes_validate.SchemaNotFoundError as error:
        return error.message
    return None


def main(folder, versions, *files):
    custom = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
    problems = 0
    for file in files:
        for document in filter(None, yaml.safe_load_all(pathlib.Path(file).read_text())):
            for version in versions.split(","):
                problem = problem_of(document, version, custom)
                if problem:
                    problems += 1
                    name = f"{document['kind']} {document['metadata']['name']}"
                    print(f"{pathlib.Path(file).stem}, {name}, Kubernetes {version}: {problem}")
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
