//! Parcels and townships out of PostGIS: a server of our own, started in a temporary folder and stopped again.
//!
//! Needs `PostgreSQL` with PostGIS, and `ogr2ogr` to fill it. Where they are missing the test says so and passes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use crate::common;
use common::{City, expect};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Past the capture of the test harness: a skipped test must be seen.
fn say(text: &str) {
    use std::io::Write as _;
    std::io::stderr().write_all(format!("postgis test: {text}\n").as_bytes()).unwrap();
}

fn found(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let mut folders: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|v| v.path().join("bin")));
    folders.into_iter().map(|f| f.join(program)).find(|p| p.exists())
}

/// `PostgreSQL` refuses to run as root: then everything of the server is done as the user `postgres`.
fn as_server_user(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

struct Server {
    pg_ctl: PathBuf,
    data: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data.display().to_string();
        let _ = as_server_user(&self.pg_ctl).args(["-D", &data, "-m", "immediate", "stop"]).output();
    }
}

fn ok(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{command:?}\n{stdout}\n{stderr}");
}

#[test]
fn a_city_in_postgis_gives_the_same_townships_as_its_geopackage() {
    let programs = ["initdb", "pg_ctl", "psql", "ogr2ogr"].map(found);
    let [Some(initdb), Some(pg_ctl), Some(psql), Some(ogr2ogr)] = programs else {
        say("SKIPPED: PostgreSQL (initdb, pg_ctl, psql) or ogr2ogr is not installed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().display().to_string();
    ok(Command::new("chmod").args(["777", &socket]));
    let data = dir.path().join("data");
    ok(as_server_user(&initdb)
        .args(["-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C", "-D"])
        .arg(&data));
    let server = Server { pg_ctl, data };
    // Only a socket in our folder: no port is opened.
    let options = format!("-c listen_addresses='' -c unix_socket_directories='{socket}' -c fsync=off");
    let start = as_server_user(&server.pg_ctl)
        .arg("-D")
        .arg(&server.data)
        .args(["-w", "-t", "60", "-l"])
        .arg(dir.path().join("log"))
        .args(["-o", &options, "start"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(start.success(), "{}", std::fs::read_to_string(dir.path().join("log")).unwrap_or_default());
    let extension = Command::new(&psql)
        .args(["-h", &socket, "-U", "tester", "-d", "postgres", "-c", "create extension postgis"])
        .output()
        .unwrap();
    if !extension.status.success() {
        say(&format!("SKIPPED: PostGIS is not installed: {}", String::from_utf8_lossy(&extension.stderr)));
        return;
    }
    let city = City::new();
    let connection = format!("PG:host={socket} user=tester dbname=postgres");
    for (file, layer) in [("parcels", "parcels"), ("townships", "townships")] {
        let source = city.path(&format!("layers/{file}.gpkg"));
        ok(Command::new(&ogr2ogr).args([
            "-f",
            "PostgreSQL",
            "-lco",
            "LAUNDER=NO",
            "-lco",
            "GEOMETRY_NAME=geom",
            "-nlt",
            "PROMOTE_TO_MULTI",
            &connection,
            &source,
            layer,
        ]));
    }
    city.run("from_files", &[]);
    for file in ["parcels", "townships"] {
        city.edit(&format!("path = \"layers/{file}.gpkg\""), &format!("path = \"{connection}\""));
    }
    city.run("from_postgis", &[]);
    let read = |name: &str| std::fs::read_to_string(city.path(name)).unwrap();
    assert_eq!(read("from_files/townships.csv"), read("from_postgis/townships.csv"));
    // A layer that is not there is named, with what is.
    city.edit("layer = \"parcels\"", "layer = \"parzels\"");
    let (stdout, _) = expect(1, &["check", &city.path("city.toml"), "--quiet"]);
    assert!(stdout.contains("parzels") && stdout.contains("\"parcels\""), "{stdout}");
    assert!(!stdout.contains("missing_file"), "{stdout}");
    say("parcels and townships read from a PostGIS server");
}
