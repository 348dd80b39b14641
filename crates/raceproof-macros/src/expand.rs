//! What the attribute makes of a function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, ItemFn, LitBool, LitInt, LitStr, Result, ReturnType, Token};

/// One argument of the attribute.
enum Argument {
    Preemptions(LitInt),
    MaxExecutions(LitInt),
    Spurious(bool),
    ReadersPass,
    Weaken,
    ShouldFail(LitStr),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        let value = || input.parse::<Token![=]>().map(|_| ());
        match name.to_string().as_str() {
            "preemptions" => value().and_then(|()| number(input)).map(Argument::Preemptions),
            "max_executions" => value().and_then(|()| number(input)).map(Argument::MaxExecutions),
            "spurious" if !input.peek(Token![=]) => Ok(Argument::Spurious(true)),
            "spurious" => {
                value()?;
                Ok(Argument::Spurious(input.parse::<LitBool>()?.value))
            }
            "readers_pass" => Ok(Argument::ReadersPass),
            "weaken" => Ok(Argument::Weaken),
            "should_fail" => value().and_then(|()| input.parse()).map(Argument::ShouldFail),
            other => {
                let known = "`preemptions`, `max_executions`, `spurious`, `readers_pass`, `weaken` or \
                             `should_fail`";
                Err(Error::new(name.span(), format!("`{other}` is no argument: use {known}")))
            }
        }
    }
}

/// A number that is not negative.
fn number(input: ParseStream<'_>) -> Result<LitInt> {
    let number: LitInt = input.parse()?;
    let fits = number.base10_parse::<u32>().is_ok();
    if fits { Ok(number) } else { Err(Error::new(number.span(), "a number such as 2 is wanted")) }
}

/// The test function for `item`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let arguments = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(arguments)?;
    let ItemFn { attrs, vis, sig, block } = syn::parse2(item)?;
    refuse(&attrs, &sig)?;
    let mut explorer = quote!(::raceproof::Explorer::new());
    let mut expected = None;
    for argument in &arguments {
        explorer = match argument {
            Argument::Preemptions(most) => {
                quote!(#explorer.preemption_bound(#most).allow_bounded())
            }
            Argument::MaxExecutions(most) => {
                quote!(#explorer.max_executions(#most).allow_bounded())
            }
            Argument::Spurious(wanted) => quote!(#explorer.spurious_wakeups(#wanted)),
            Argument::ReadersPass => {
                quote!(#explorer.rwlock_policy(::raceproof::RwLockPolicy::ReadersPass))
            }
            Argument::Weaken => quote!(#explorer.weaken()),
            Argument::ShouldFail(text) => {
                expected = Some(text);
                explorer
            }
        };
    }
    let run = match expected {
        Some(text) => {
            quote_spanned!(sig.ident.span()=> #explorer.expect_failure(#text, || #block);)
        }
        None => quote_spanned!(sig.ident.span()=> #explorer.model_in_parallel(|| #block);),
    };
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis #sig { #run }
    })
}

/// Refuses what a model cannot be.
fn refuse(attrs: &[syn::Attribute], sig: &syn::Signature) -> Result<()> {
    if let Some(asyncness) = &sig.asyncness {
        return Err(Error::new(
            asyncness.span(),
            "a model is no async function: block on the future",
        ));
    }
    if let Some(input) = sig.inputs.first() {
        let message = "a model takes nothing: use `raceproof::choose` for input";
        return Err(Error::new(input.span(), message));
    }
    if let ReturnType::Type(_, returned) = &sig.output {
        return Err(Error::new(returned.span(), "a model returns nothing: unwrap in its body"));
    }
    if let Some(parameter) = sig.generics.params.first() {
        return Err(Error::new(parameter.span(), "a test has no parameters"));
    }
    for attribute in attrs {
        if attribute.path().is_ident("should_panic") {
            let message =
                "use `#[raceproof::test(should_fail = \"text\")]` instead of `should_panic`";
            return Err(Error::new(attribute.span(), message));
        }
        if attribute.path().is_ident("test") {
            let message = "`#[raceproof::test]` makes the function a test: remove `#[test]`";
            return Err(Error::new(attribute.span(), message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: &str, item: &str) -> Result<String> {
        let stream = |text: &str| text.parse::<TokenStream>().unwrap();
        expand(stream(arguments), stream(item)).map(|test| test.to_string().replace(' ', ""))
    }

    #[test]
    fn the_body_is_the_model() {
        let test = expanded("", "#[ignore] fn f() { work(); }").unwrap();
        let expected = "#[::core::prelude::v1::test]#[ignore]fnf(){\
                        ::raceproof::Explorer::new().model_in_parallel(||{work();});}";
        assert_eq!(test, expected);
    }

    #[test]
    fn arguments_set_the_explorer() {
        let test = expanded("preemptions = 2, spurious, max_executions = 10_000,", "fn f() {}");
        let expected = ".preemption_bound(2).allow_bounded().spurious_wakeups(true)\
                        .max_executions(10_000).allow_bounded().model_in_parallel(||{})";
        assert!(test.as_ref().unwrap().contains(expected), "{test:?}");
        let test = expanded("readers_pass", "fn f() {}").unwrap();
        assert!(test.contains(".rwlock_policy(::raceproof::RwLockPolicy::ReadersPass)"), "{test}");
        let test = expanded("weaken", "fn f() {}").unwrap();
        assert!(test.contains(".weaken().model_in_parallel(||{})"), "{test}");
        let test = expanded("should_fail = \"lost\", spurious = false", "fn f() {}").unwrap();
        assert!(test.contains(".spurious_wakeups(false).expect_failure(\"lost\",||{})"), "{test}");
    }

    #[test]
    fn what_is_wrong_is_told_where_it_is() {
        let f = "fn f() {}";
        let wrong = [
            ("preemption = 2", f, 0, "`preemption` is no argument: use `preemptions`, "),
            ("spurious, preemptions", f, 21, "expected `=`"),
            ("preemptions = \"2\"", f, 14, "expected integer literal"),
            ("max_executions = -1", f, 17, "a number such as 2 is wanted"),
            ("should_fail = 3", f, 14, "expected string literal"),
            ("", "async fn f() {}", 0, "a model is no async function"),
            ("", "fn f(x: i32) {}", 5, "a model takes nothing"),
            ("", "fn f() -> u8 { 1 }", 10, "a model returns nothing"),
            ("", "fn f<T>() {}", 5, "a test has no parameters"),
            ("", "#[should_panic] fn f() {}", 0, "use `#[raceproof::test(should_fail"),
            ("", "#[test] fn f() {}", 0, "`#[raceproof::test]` makes the function a test"),
            ("", "struct S;", 0, "expected `fn`"),
        ];
        for (arguments, item, column, message) in wrong {
            let error = expanded(arguments, item).unwrap_err();
            let told = error.to_string();
            assert!(told.contains(message), "{arguments} {item}: {told}");
            // An error at the very end of the arguments is at the attribute as a whole.
            let found = error.span().start().column;
            assert!(found == column || found == 0, "{arguments} {item}: column {found}");
        }
    }
}
