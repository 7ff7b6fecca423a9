# SPDX-License-Identifier: Apache-2.0
"""One task in one sandbox: what goes into config.json, what sbrun is asked to do, what it says afterwards.

This is the part to read for a build system of one's own. A task has a directory, its bundle:

    config.json    what its sandbox is
    out/           the upper layer of /work: what the task has written, and nothing else
    overlay/       overlayfs' own
    report.json    how it ended and what it used         stdout.log, stderr.log    what it said
    outputs.json   what is in out/, by `sbrun diff`      sbrun.log                 what sbrun said
"""
import copy
import json
import os
import shutil
import subprocess
import tempfile

# Of the host's /etc every task sees these, where they are.
HOST_ETC = ['/etc/alternatives', '/etc/ld.so.cache']
HERE = os.path.dirname(os.path.abspath(__file__))


class Sandboxes:
    def __init__(self, sbrun, directory, env):
        self.sbrun, self.directory, self.env = sbrun, directory, env
        self.state = f'{directory}/state'
        self.skeleton = f'{directory}/skeleton'
        self.make_skeleton()
        self.template = self.read_template()

    # ---- what a sandbox is

    def read_template(self):
        """What sbrun itself proposes for a step of a build; a task's config.json differs from it below."""
        with tempfile.TemporaryDirectory() as bundle:
            subprocess.run([self.sbrun, 'spec', '--rootless', '--build-task', '-b', bundle], check=True)
            with open(f'{bundle}/config.json') as file:
                return json.load(file)

    def prepare(self, tasks):
        """Makes, in the skeleton, the places of all that will be mounted.

        sbrun makes those that are missing, but this root is read-only, and in out/ only the task's own should be. All
        at once, because layers that are in use have to stay as they are.
        """
        for task in tasks:
            for mount in self.mounts(task, '', lambda before: ''):
                place = self.skeleton + mount['destination']
                if os.path.isfile(mount.get('source', '')):
                    os.makedirs(os.path.dirname(place), exist_ok=True)
                    open(place, 'a').close()
                elif not mount['destination'].startswith('/dev/'):
                    os.makedirs(place, exist_ok=True)

    def make_skeleton(self):
        """The lowest layer of each root: links as a merged /usr has them, an /etc of three files."""
        root = self.skeleton
        for path in 'etc usr proc dev tmp work'.split():
            os.makedirs(f'{root}/{path}', exist_ok=True)
        for name in 'bin sbin lib lib64'.split():
            if os.path.islink(f'/{name}') and not os.path.islink(f'{root}/{name}'):
                os.symlink(f'usr/{name}', f'{root}/{name}')
        for name, text in (('passwd', 'root:x:0:0:root:/tmp:/bin/sh\n'), ('group', 'root:x:0:\n'),
                ('hosts', '127.0.0.1 localhost\n')):
            with open(f'{root}/etc/{name}', 'w') as file:
                file.write(text)

    def config(self, task, bundle, out):
        """config.json of a task. out: where the outputs of a task lie that is done."""
        c = copy.deepcopy(self.template)
        spec = task.spec
        c['hostname'] = 'build'
        c['process'] |= {
            'args': spec.get('args') or ['/bin/sh', '-c', '. /prelude.sh\n' + spec['script']],
            'env': [f'{name}={value}' for name, value in self.variables(task).items()],
            'cwd': '/work',
            'capabilities': {},
            'noNewPrivileges': True,
            'rlimits': [{'type': f'RLIMIT_{name}', 'soft': most, 'hard': most}
                for name, most in (('CORE', 0), ('NOFILE', 1024), ('FSIZE', 1 << 30))],
        }
        # No upper layer: it is read-only.
        c['root'] = {'overlay': {'lowerdirs': self.root_layers(task, out)}}
        c['mounts'] = self.mounts(task, bundle, out)
        masked = c['linux']['maskedPaths']
        c['linux']['maskedPaths'] = [path for path in masked if not path.startswith('/sys/')]
        with open(f'{HERE}/../seccomp/default.json') as file:
            c['linux']['seccomp'] = json.load(file)
        c['sbrun'] |= {
            'network': spec.get('network', 'none'),
            'timeout': spec.get('timeout', '1m'),
            'killAfter': '2s',
        }
        return c

    def variables(self, task):
        recipe = task.recipe
        return self.env | {'PN': recipe.name, 'PV': recipe.version} | task.spec.get('env', {})

    def root_layers(self, task, out):
        """The host's programs over a skeleton; or, for one that says root = DIR, what was built."""
        built = task.spec.get('root')
        layers = [f'{out(before)}/{built}' for before in task.before if built in before.spec['outputs']]
        return layers + [self.skeleton]

    def mounts(self, task, bundle, out):
        own = ('/proc', '/dev', '/dev/shm', '/tmp')
        mounts = [mount for mount in copy.deepcopy(self.template['mounts']) if mount['destination'] in own]
        mounts[-1]['options'].append('size=1g')
        host = [] if 'root' in task.spec else ['/usr'] + HOST_ETC
        for path in host + task.spec.get('host', []):
            if os.path.exists(path):
                mounts.append(bind(path, path))
        mounts.append(bind(f'{HERE}/prelude.sh', '/prelude.sh'))
        # The layers are what the recipe's earlier tasks have written, the latest on top; what this one writes
        # goes to out/. So a task's output is never copied.
        mounts.append({'destination': '/work', 'overlay': {
            'lowerdirs': [out(before) for before in task.before] + [f'{self.skeleton}/work'],
            'upperdir': f'{bundle}/out', 'workdir': f'{bundle}/overlay', 'volatile': True}})
        # What other recipes gave, as one tree; with no upper layer it is read-only.
        for name, others in task.sees.items():
            mounts.append({'destination': f'/work/{name}', 'overlay': {
                'lowerdirs': [f'{out(other)}/{other.spec["outputs"][0]}' for other in others]}})
        if task.recipe.files:
            mounts.append(bind(task.recipe.files, '/work/recipe'))
        return mounts

    # ---- its life

    def call(self, *words, **options):
        return subprocess.run([self.sbrun, '--root', self.state, *words], **options)

    def start(self, task, bundle, out):
        """Starts a task; returns its subprocess.Popen."""
        os.makedirs(f'{bundle}/out')
        os.makedirs(f'{bundle}/overlay')
        with open(f'{bundle}/config.json', 'w') as file:
            json.dump(self.config(task, bundle, out), file, indent='\t')
        with open(f'{bundle}/sbrun.log', 'w') as log:
            return subprocess.Popen([self.sbrun, '--root', self.state, 'run', '--bundle', bundle,
                '--keep',                       # it stays, stopped, for `sbrun diff`
                '--on-failure', 'keep',         # or with all its files and processes, for `sbrun exec`
                '--die-with-parent',            # no task outlives the build
                '--stdout', f'{bundle}/stdout.log', '--stderr', f'{bundle}/stderr.log',
                '--output-limit', '64m',
                '--report', f'{bundle}/report.json',
                task.id], stdin=subprocess.DEVNULL, stderr=log)

    def finish(self, task, bundle):
        """After its end: (report, complaint). With no complaint the task is done, and its sandbox is gone."""
        try:
            with open(f'{bundle}/report.json') as file:
                report = json.load(file)
        except (OSError, ValueError):
            report = {'class': 'setup', 'exitCode': 125}
        if report['exitCode'] != 0:
            return report, self.reason(report)
        undeclared = self.undeclared(task)
        self.write_outputs(task, bundle)
        self.call('delete', task.id, check=True)
        remove_tree(f'{bundle}/overlay')
        return report, undeclared

    def reason(self, report):
        """Whose fault it is, which tells whether trying again makes sense."""
        if report['class'] == 'setup':
            return 'no sandbox: ' + report.get('error', {}).get('msg', 'see sbrun.log')
        if report['class'] == 'payload':
            return f'exit code {report["exitCode"]}'
        return report['class']

    def undeclared(self, task):
        """What a task wrote beside its declared outputs; or that it wrote none of them."""
        outputs = [word for path in task.spec['outputs'] for word in ('--outputs', f'/work/{path}')]
        diff = self.call('diff', *outputs, task.id, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        return f'not as declared:\n{diff.stdout}' if diff.returncode else None

    def write_outputs(self, task, bundle):
        with open(f'{bundle}/outputs.json', 'w') as file:
            self.call('diff', '--json', task.id, stdout=file, check=True)

    def forget(self, task, bundle):
        """Of an earlier build: the sandbox that it kept, and its files."""
        if os.path.exists(bundle):
            forget(self.sbrun, self.state, task.id, bundle)


def forget(sbrun, state, name, bundle):
    subprocess.run([sbrun, '--root', state, 'delete', '--force', name], check=True)
    remove_tree(bundle)


def bind(source, destination):
    return {'destination': destination, 'type': 'bind', 'source': source,
        'options': ['rbind', 'ro', 'nosuid', 'nodev']}


def remove_tree(path):
    """overlayfs leaves a directory without any mode in its workdir, and tasks may leave read-only ones."""
    for directory, names, _ in os.walk(path):
        for name in names:
            if not os.path.islink(f'{directory}/{name}'):
                os.chmod(f'{directory}/{name}', 0o700)
    shutil.rmtree(path)
