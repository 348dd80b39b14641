//! What is asked of the registry: which of its variants filters mean, and where their code stands.

use raceproof_suite::{
    backend::Engine,
    check::{Limits, Unexpected, check_all, why_nothing},
    cli::{
        args::{find, find_variant, select},
        excerpt::{File, struct_name},
    },
    contracts, program, scenarios,
};
use std::collections::HashSet;
use syn::visit::Visit;

/// The variants of these, by name.
fn names<'a>(
    found: impl IntoIterator<Item = (&'a program::Scenario, &'a program::Variant)>,
) -> Vec<String> {
    let name = |(scenario, variant): (&program::Scenario, &program::Variant)| {
        format!("{}/{}", scenario.id, variant.id)
    };
    found.into_iter().map(name).collect()
}

fn selected(filters: &[&str]) -> Vec<String> {
    let filters: Vec<_> = filters.iter().map(ToString::to_string).collect();
    names(select(false, &filters).unwrap())
}

#[test]
fn no_filter_asks_for_everything() {
    assert_eq!(selected(&[]), names(program::variants(scenarios::ALL)));
}

#[test]
fn filters_add_up_in_the_order_of_the_registry() {
    assert_eq!(
        selected(&["withdraw", "counter/locked", "counter/locked"]),
        ["counter/locked", "withdraw/unlocked", "withdraw/locked"]
    );
}

#[test]
fn a_part_of_a_name_asks_for_all_that_have_it() {
    assert_eq!(selected(&["opposite"]), ["transfer/opposite-order"]);
    assert!(selected(&["r/unl"]).contains(&"counter/unlocked".into()));
}

#[test]
fn an_unknown_name_gets_a_suggestion() {
    let error = select(false, &["tranfer".into()]).unwrap_err();
    assert_eq!(error.to_string(), "there is no `tranfer`; did you mean `transfer`?");
    let error = find("counter/loked").unwrap_err();
    assert_eq!(error.to_string(), "there is no `counter/loked`; did you mean `counter/locked`?");
}

#[test]
fn what_is_chosen_without_a_flag_is_not_a_contract() {
    let found = select(true, &["lock".into()]).unwrap();
    assert_eq!(found.len(), contracts::lock::SCENARIO.variants.len());
    let error = select(false, &["lock/timed".into()]).unwrap_err();
    assert!(error.to_string().ends_with("but a contract: add `--contracts`"), "{error}");
    let error = select(true, &["counter".into()]).unwrap_err();
    assert!(error.to_string().ends_with("but a scenario: leave out `--contracts`"), "{error}");
    assert_eq!(find("lock/timed").unwrap().1.unwrap().id, "timed");
}

#[test]
fn a_scenario_stands_for_its_first_broken_variant() {
    let (_, variant) = find_variant("transfer").unwrap();
    assert_eq!(variant.id, "opposite-order");
}

/// The code of every program of these, each with its scenario's name and its own.
fn every(all: &[&'static program::Scenario]) -> Vec<(String, String, String)> {
    let code = |(scenario, variant): (&'static program::Scenario, &program::Variant)| {
        let file = File::new(scenario.id, scenario.source);
        let program = format!("{:?}", variant.program);
        let name = struct_name(&program);
        let lines = file.of(name).into_iter().flat_map(|item| file.code(item));
        let lines: Vec<_> = lines.map(|(_, line)| line).collect();
        (format!("{}/{}", scenario.id, variant.id), name.to_owned(), lines.join("\n"))
    };
    program::variants(all).map(code).collect()
}

#[test]
fn every_program_of_a_contract_is_found() {
    for (name, program, code) in every(contracts::ALL) {
        // In the macro, or written out.
        let heads = [format!("{program}<B> {{"), format!("struct {program}")];
        let sized = format!("{program}(");
        let is_head = |line: &str| {
            heads.iter().any(|head| line.starts_with(head))
                || line.starts_with(&sized) && line.ends_with("<B> {")
        };
        assert!(code.lines().any(is_head), "{name}: {code}");
        assert!(!code.contains("SCENARIO"), "{name}");
    }
}

/// The messages of the checks in a piece of code.
struct Messages(Vec<String>);

impl Visit<'_> for Messages {
    fn visit_macro(&mut self, call: &syn::Macro) {
        use syn::{Expr, Lit, Token, punctuated::Punctuated};
        let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        let Ok(arguments) = arguments else { return };
        arguments.iter().for_each(|argument| self.visit_expr(argument));
        if let Some(Expr::Lit(message)) = arguments.last()
            && let Lit::Str(message) = &message.lit
            && !call.path.is_ident("format")
        {
            self.0.push(message.value());
        }
    }
}

#[test]
fn each_check_of_a_contract_has_a_message_of_its_own() {
    let mut checks = 0;
    for (name, program, code) in every(contracts::ALL) {
        let lines = code.lines().skip_while(|line| !line.starts_with(&program));
        let lines: Vec<_> = lines.collect();
        let Some((_, body)) = lines.split_first() else { continue };
        let end = body.iter().position(|line| *line == "}").expect("it ends");
        let body = format!("{{ {} }}", body[..end].join("\n"));
        let mut messages = Messages(Vec::new());
        messages.visit_block(&syn::parse_str(&body).expect(&name));
        let different: HashSet<_> = messages.0.iter().collect();
        assert_eq!(different.len(), messages.0.len(), "{name}: {:?}", messages.0);
        checks += different.len();
    }
    assert!(checks > 200, "{checks}");
}

#[test]
fn every_program_of_the_registry_is_found() {
    for (name, program, code) in every(scenarios::ALL) {
        assert!(code.contains(&format!("struct {program}")), "{name}");
        assert!(code.contains(&format!("for {program} {{")), "{name}");
        assert!(!code.contains("SCENARIO"), "{name}");
    }
}

#[test]
fn no_scenario_is_no_success() {
    let nothing = check_all(&[], &[Engine::Dpor], &Limits::default());
    assert!(matches!(nothing, Err(Unexpected::NothingChecked(_))), "{nothing:?}");
    let nothing = check_all(scenarios::ALL, &[], &Limits::default());
    assert!(matches!(nothing, Err(Unexpected::NothingChecked(_))), "{nothing:?}");
}

#[test]
fn what_no_engine_can_check_says_which_engine_can() {
    let daemon = scenarios::find("daemon").unwrap();
    let variant = daemon.variant("daemon").unwrap();
    assert_eq!(
        why_nothing(&[(daemon, variant, Engine::Std)]),
        "daemon/daemon needs daemons that are stopped, which std lacks; it can be checked on dpor"
    );
}
