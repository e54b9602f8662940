"""Installs the engine from a file that the user has: a wheel or a zip, checked by its SHA-256. Nothing is downloaded."""

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile

from .engine import EngineError, installed_path, program_name, version_of
from .strings import tr

#: Largest engine that is unpacked.
LARGEST = 400 * 1024 * 1024


def sha256_of(path):
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def install(archive, sha256, profile):
    """Unpacks the engine of an archive into the profile; gives its path and version."""
    wanted = "".join(sha256.split()).lower()
    if len(wanted) != 64 or any(c not in "0123456789abcdef" for c in wanted):
        raise EngineError(tr("a SHA-256 has 64 hexadecimal digits; it stands beside the download of the engine"))
    try:
        found = sha256_of(archive)
    except OSError as error:
        raise EngineError(tr("{0} cannot be read: {1}").format(archive, error)) from error
    if found != wanted:
        raise EngineError(tr("the file is not the one you expect: its SHA-256 is {0}").format(found))
    target = installed_path(profile)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    handle, fresh = tempfile.mkstemp(suffix=os.path.splitext(target)[1], dir=os.path.dirname(target))
    os.close(handle)
    try:
        _unpack(archive, fresh)
        os.chmod(fresh, os.stat(fresh).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        version = version_of(fresh)
        os.replace(fresh, target)
    finally:
        if os.path.exists(fresh):
            os.remove(fresh)
    return target, version


def _unpack(archive, fresh):
    """Copies the program out of the archive, whatever folder it stands in."""
    try:
        with zipfile.ZipFile(archive) as packed:
            programs = [i for i in packed.infolist() if i.filename.rsplit("/", 1)[-1] == program_name()]
            if len(programs) != 1:
                raise EngineError(tr("the file holds no {0} for this system").format(program_name()))
            if programs[0].file_size > LARGEST:
                raise EngineError(tr("the program in the file is too large to be the engine"))
            with packed.open(programs[0]) as source, open(fresh, "wb") as copy:
                shutil.copyfileobj(source, copy)
    except (zipfile.BadZipFile, OSError) as error:
        raise EngineError(tr("{0} cannot be unpacked: {1}").format(archive, error)) from error
