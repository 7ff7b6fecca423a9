# SPDX-License-Identifier: Apache-2.0
"""Recipes and their tasks, from *.toml; what each task is made from, as a hash."""
import hashlib
import json
import os
import subprocess
import tomllib

CHAIN = 'fetch unpack patch configure compile install populate_sysroot package'.split()


class Error(Exception):
    """What the caller of the build can mend."""


class Task:
    """One step of one recipe.

    before: the tasks of the same recipe that come before it, the latest first; their outputs lie below its
            own
    sees:   {NAME: tasks of other recipes whose outputs it finds, read-only, in /work/NAME}
    """

    def __init__(self, recipe, name, spec):
        self.recipe, self.name, self.spec = recipe, name, spec
        self.before, self.sees = [], {}
        self.key = None

    @property
    def id(self):
        return f'{self.recipe.name}.{self.name}'

    def needs(self):
        return self.before[:1] + [task for tasks in self.sees.values() for task in tasks]


class Recipe:
    def __init__(self, directory, name, kinds):
        with open(f'{directory}/{name}.toml', 'rb') as file:
            data = tomllib.load(file)
        self.name, self.version = name, str(data['version'])
        self.depends = data.get('depends', {})
        self.files = f'{directory}/{name}' if os.path.isdir(f'{directory}/{name}') else None
        self.tasks = {}
        for kind in data.get('tasks', CHAIN):
            task = Task(self, kind, kinds.get(kind, {}) | data.get(kind, {}))
            if not {'script', 'args'} & task.spec.keys():
                raise Error(f'{directory}/{name}.toml: [{kind}] has neither script nor args')
            task.before = list(reversed(self.tasks.values()))
            self.tasks[kind] = task


class Recipes:
    """All that is needed for some targets, read once."""

    def __init__(self, directory, tasks_file):
        with open(tasks_file, 'rb') as file:
            self.kinds = tomllib.load(file)
        self.env = self.kinds.pop('env')
        self.directory, self.recipes = directory, {}
        # Another compiler, other results
        self.host = subprocess.run(['cc', '--version'], stdout=subprocess.PIPE, check=True).stdout.decode()

    def recipe(self, name):
        if name not in self.recipes:
            if not os.path.exists(f'{self.directory}/{name}.toml'):
                raise Error(f'there is no recipe {self.directory}/{name}.toml')
            self.recipes[name] = recipe = Recipe(self.directory, name, self.kinds)
            for task in recipe.tasks.values():
                self.link(task)
        return self.recipes[name]

    def link(self, task):
        """What a task sees: sees = { NAME = TASK } of the tasks that the recipe's depends.NAME names."""
        for name, kind in task.spec.get('sees', {}).items():
            others = [self.recipe(other) for other in task.recipe.depends.get(name, [])]
            task.sees[name] = [other.tasks[kind] for other in others]
        task.key = self.key(task)

    def key(self, task):
        digest = hashlib.sha256()
        recipe = task.recipe
        digest.update(json.dumps([recipe.name, recipe.version, task.spec, self.env, self.host,
            [other.key for other in task.needs()]], sort_keys=True).encode())
        for directory, _, names in sorted(os.walk(recipe.files or '')):
            for name in sorted(names):
                with open(f'{directory}/{name}', 'rb') as file:
                    digest.update(f'{directory[len(recipe.files):]}/{name}\0'.encode() + file.read())
        return digest.hexdigest()

    def target(self, word):
        """RECIPE means its last task, RECIPE.TASK that one."""
        name, _, kind = word.partition('.')
        tasks = self.recipe(name).tasks
        if kind and kind not in tasks:
            raise Error(f'{name} has no task {kind}; there are: {" ".join(tasks)}')
        return tasks[kind] if kind else list(tasks.values())[-1]
