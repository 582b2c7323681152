//! The door: everything else is the library, and `cli`, which is the program's manners.

mod cli;
mod talk;

fn main() -> std::process::ExitCode {
    portolan::guard::quieten_guarded_panics();
    cli::run()
}
