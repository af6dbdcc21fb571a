(** * A verified checker for one network with rational weights.

    The data are lists of integers of any type [T] with ring operations ([Z], [bigZ]),
    embedded in a real closed field by [f]. [check] returns true or false; [check_sound] says
    what true means: the network written out as [net] and the orthogonal one written out as
    [urnn] have equal outputs. [check_exists] looks at W alone. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A network and its certificate. Matrices are lists of columns unless said otherwise;
    every rational is numerator / common denominator. *)
Record cert (T : Type) := Cert {
  c_n : nat; c_m : nat; c_p : nat; c_r : nat;
  c_W : seq (seq T); c_dW : T;       (* n columns of length n *)
  c_F : seq (seq T); c_dF : T;       (* n rows of length m *)
  c_b : seq T;       c_db : T;
  c_C : seq (seq T); c_dC : T;       (* p rows of length n *)
  c_h : seq T;       c_dh : T;
  c_M : T; c_dM : T;                 (* input bound M *)
  (* certificate *)
  c_H : T; c_dH : T;                 (* state bound H *)
  c_rho : T; c_drho : T;             (* ||W|| <= rho < 1 *)
  c_s : T; c_L : seq (seq T);        (* s (rho^2 I - W^T W) - L^T L diagonally dominant *)
  c_nF : T; c_dnF : T; c_nb : T; c_dnb : T;  (* ||F|| <= nF, ||b|| <= nb *)
  c_Q : seq (seq T);                 (* columns of R, n + r of them *)
  c_a : T; c_alpha : seq T; c_dd : seq T; c_e : seq T
}.

Section Checker.
Variables (T : Type) (zero : T) (add sub mul : T -> T -> T) (eqb leb ltb : T -> T -> bool).

Fixpoint dot (u v : seq T) : T :=
  match u, v with x :: u', y :: v' => add (mul x y) (dot u' v') | _, _ => zero end.
Definition wf n m (A : seq (seq T)) := (size A == n) && all (fun r => size r == m) A.
Definition lmulT (A B : seq (seq T)) := map (fun r => map (dot r) B) A.
Fixpoint lprod (u v : seq T) : seq T :=
  match u, v with x :: u', y :: v' => mul x y :: lprod u' v' | _, _ => [::] end.
Definition ent (A : seq (seq T)) i j := nth zero (nth [::] A i) j.
Definition forall1 n (P : nat -> bool) := all P (iota 0 n).
Definition forall2 n m (P : nat -> nat -> bool) := forall1 n (fun i => forall1 m (P i)).
Definition sumsq (u : seq T) := dot u u.
Definition sumsqm (A : seq (seq T)) := foldr (fun r => add (sumsq r)) zero A.
Definition labs x := if leb zero x then x else sub zero x.
Definition lsum (u : seq T) := foldr add zero u.

Definition check_base (c : cert T) : bool :=
  let n := c_n c in
  [&& wf n n (c_W c), wf n (c_m c) (c_F c), size (c_b c) == n, wf (c_p c) n (c_C c),
      size (c_h c) == n, wf n n (c_L c) &
      all (ltb zero) [:: c_dW c; c_dF c; c_db c; c_dC c; c_dh c; c_dM c; c_dH c; c_drho c;
                         c_dnF c; c_dnb c; c_a c; c_s c]].

Definition check_shape (c : cert T) : bool :=
  let N := (c_n c + c_r c)%N in
  [&& check_base c, wf N N (c_Q c) & size (c_alpha c) == N].

(** R^T diag(alpha) R = diag(dd), and the upper left block of U is W *)
Definition check_orth (c : cert T) : bool :=
  let n := c_n c in let N := (c_n c + c_r c)%N in
  let G := lmulT (c_Q c) (map (lprod (c_alpha c)) (c_Q c)) in
  [&& forall2 N N (fun i j => eqb (ent G i j) (if i == j then nth zero (c_dd c) i else zero)),
      forall1 N (fun i => ltb zero (nth zero (c_alpha c) i) && ltb zero (nth zero (c_dd c) i)),
      forall2 n n (fun j i => eqb (ent (c_Q c) j i) (mul (nth zero (c_e c) j) (ent (c_W c) j i))),
      forall1 n (fun i => eqb (nth zero (c_alpha c) i) (c_a c)) &
      forall1 n (fun j => ltb zero (nth zero (c_e c) j) &&
         let ed := mul (nth zero (c_e c) j) (c_dW c) in
         eqb (nth zero (c_dd c) j) (mul (c_a c) (mul ed ed)))].

(** ||W|| <= rho < 1 *)
Definition check_contr (c : cert T) : bool :=
  let n := c_n c in
  let G := lmulT (c_W c) (c_W c) in
  let S := lmulT (c_L c) (c_L c) in
  let q2 := mul (c_drho c) (c_drho c) in
  let pd := mul (c_rho c) (c_dW c) in
  let pd2 := mul pd pd in
  let B i j := sub (mul (c_s c) (sub (if i == j then pd2 else zero) (mul q2 (ent G i j))))
                   (ent S i j) in
  [&& leb zero (c_rho c), ltb (c_rho c) (c_drho c) &
      forall1 n (fun i => leb (lsum (map (fun j => labs (B i j)) (iota 0 n)))
                              (add (B i i) (B i i)))].

(** rho H + nF M + nb <= H, ||h|| <= H *)
Definition check_bound (c : cert T) : bool :=
  let sq x := mul x x in
  [&& leb zero (c_H c), leb zero (c_nF c), leb zero (c_nb c), leb zero (c_M c),
      leb (mul (sumsqm (c_F c)) (sq (c_dnF c))) (mul (sq (c_nF c)) (sq (c_dF c))),
      leb (mul (sumsq (c_b c)) (sq (c_dnb c))) (mul (sq (c_nb c)) (sq (c_db c))),
      leb (mul (sumsq (c_h c)) (sq (c_dH c))) (mul (sq (c_H c)) (sq (c_dh c))) &
      leb (add (mul (mul (c_nF c) (c_M c)) (mul (c_dnb c) (mul (c_drho c) (c_dH c))))
               (mul (c_nb c) (mul (mul (c_dnF c) (c_dM c)) (mul (c_drho c) (c_dH c)))))
          (mul (mul (sub (c_drho c) (c_rho c)) (c_H c)) (mul (mul (c_dnF c) (c_dM c)) (c_dnb c)))].

Definition check (c : cert T) : bool :=
  [&& check_shape c, check_orth c, check_contr c & check_bound c].

(** Existence only: contractivity of W. *)
Definition check_exists (c : cert T) : bool :=
  [&& wf (c_n c) (c_n c) (c_W c), wf (c_n c) (c_n c) (c_L c),
      ltb zero (c_dW c), ltb zero (c_drho c), ltb zero (c_s c) & check_contr c].

(** A network [o] whose states, multiplied by the positive diagonal [e], are those of [c]:
    E W0 E^-1 = W, E F0 = F, E b0 = b, C0 E^-1 = C, E h0 = h. The numbers of states, inputs and
    outputs are those of [c]. *)
Definition original (o c : cert T) : cert T :=
  Cert (c_n c) (c_m c) (c_p c) (c_r c) (c_W o) (c_dW o) (c_F o) (c_dF o) (c_b o) (c_db o)
    (c_C o) (c_dC o) (c_h o) (c_dh o) (c_M o) (c_dM o) (c_H o) (c_dH o) (c_rho o) (c_drho o)
    (c_s o) (c_L o) (c_nF o) (c_dnF o) (c_nb o) (c_dnb o) (c_Q o) (c_a o) (c_alpha o) (c_dd o)
    (c_e o).

Definition check_scaling (o c : cert T) (e : seq T) : bool :=
  let n := c_n c in let ei := nth zero e in
  [&& all (ltb zero) [:: c_dW o; c_dF o; c_db o; c_dC o; c_dh o],
      all (ltb zero) [:: c_dW c; c_dF c; c_db c; c_dC c; c_dh c],
      forall1 n (fun i => ltb zero (ei i)),
      forall2 n n (fun j i => eqb (mul (mul (ei i) (ent (c_W o) j i)) (c_dW c))
                                  (mul (mul (ei j) (ent (c_W c) j i)) (c_dW o))),
      forall2 n (c_m c) (fun i j => eqb (mul (mul (ei i) (ent (c_F o) i j)) (c_dF c))
                                        (mul (ent (c_F c) i j) (c_dF o))),
      forall1 n (fun i => eqb (mul (mul (ei i) (nth zero (c_b o) i)) (c_db c))
                              (mul (nth zero (c_b c) i) (c_db o))),
      forall2 (c_p c) n (fun i j => eqb (mul (ent (c_C o) i j) (c_dC c))
                                        (mul (mul (ei j) (ent (c_C c) i j)) (c_dC o))) &
      forall1 n (fun i => eqb (mul (mul (ei i) (nth zero (c_h o) i)) (c_dh c))
                              (mul (nth zero (c_h c) i) (c_dh o)))].

(** Norm 1: U is that of the network [o] itself (so fewer units may be added), and its states
    are bounded through the rescaled network [c], which is a contraction; mu <= e_i for all i. *)
Definition check_norm_one (o c : cert T) (e : seq T) (mu : T) : bool :=
  let u := original o c in
  [&& check_shape u && check_orth u, check_base c, check_contr c && check_bound c,
      check_scaling o c e, ltb zero mu && forall1 (c_n c) (fun i => leb mu (nth zero e i)),
      eqb (mul (c_M o) (c_dM c)) (mul (c_M c) (c_dM o)) &
      leb (mul (c_H c) (c_dH o)) (mul (mul (c_H o) mu) (c_dH c))].

(** ** Soundness *)
Variables (K : rcfType) (f : T -> K).
Hypothesis f0 : f zero = 0.
Hypothesis fD : forall x y, f (add x y) = f x + f y.
Hypothesis fB : forall x y, f (sub x y) = f x - f y.
Hypothesis fM : forall x y, f (mul x y) = f x * f y.
Hypothesis f_eq : forall x y, eqb x y -> f x = f y.
Hypothesis f_le : forall x y, leb x y = (f x <= f y).
Hypothesis f_lt : forall x y, ltb x y -> f x < f y.

Definition lmx n m (A : seq (seq T)) : 'M[K]_(n, m) := \matrix_(i, j) f (ent A i j).
Definition lcol n (u : seq T) : 'cV[K]_n := \col_i f (nth zero u i).

(** The network, its dilation, written out. *)
Definition net (c : cert T) : rnn K (c_n c) (c_m c) (c_p c) :=
  Rnn ((f (c_dW c))^-1 *: (lmx _ _ (c_W c))^T)
      ((f (c_dF c))^-1 *: lmx _ _ (c_F c))
      ((f (c_db c))^-1 *: lcol _ (c_b c))
      ((f (c_dC c))^-1 *: lmx _ _ (c_C c))
      ((f (c_dh c))^-1 *: lcol _ (c_h c)).

(** U = diag (sqrt alpha) R diag (sqrt dd)^-1 *)
Definition dilU (c : cert T) : 'M[K]_(c_n c + c_r c) :=
  diag_mx (\row_i Num.sqrt (f (nth zero (c_alpha c) i))) *m (lmx _ _ (c_Q c))^T
  *m diag_mx (\row_i (Num.sqrt (f (nth zero (c_dd c) i)))^-1).

Definition urnn (c : cert T) : rnn K (c_n c + c_r c) (c_m c) (c_p c) :=
  Rnn (dilU c)
      (col_mx (inw (net c)) 0)
      (col_mx (bias (net c)) (const_mx (- (f (c_H c) / f (c_dH c)))))
      (row_mx (outw (net c)) 0)
      (col_mx (init (net c)) 0).

Definition bound_M (c : cert T) : K := f (c_M c) / f (c_dM c).

Lemma forall1P n P : forall1 n P -> forall i : 'I_n, P i.
Proof. by rewrite /forall1 => /allP h i; apply: h; rewrite mem_iota add0n ltn_ord. Qed.

Lemma forall2P n m P : forall2 n m P -> forall (i : 'I_n) (j : 'I_m), P i j.
Proof. by move=> h i j; apply: (forall1P (forall1P h i)). Qed.

Lemma wfP n m A : wf n m A -> size A = n /\ forall i : 'I_n, size (nth [::] A i) = m.
Proof.
case/andP=> /eqP sA /(all_nthP [::]) h; split=> // i; apply/eqP/h.
by rewrite sA ltn_ord.
Qed.

Lemma dotE n u v : size u = n -> size v = n ->
  f (dot u v) = \sum_(j < n) f (nth zero u j) * f (nth zero v j).
Proof.
elim: u v n => [|x u IH] [|y v] n /= <- //; first by rewrite big_ord0 f0.
by case=> sv; rewrite fD fM (IH _ _ erefl sv) big_ord_recl.
Qed.

Lemma lmulTE n m p A B : wf n m A -> wf p m B ->
  lmx n p (lmulT A B) = lmx n m A *m (lmx p m B)^T.
Proof.
move=> /wfP[sA rA] /wfP[sB rB]; apply/matrixP=> i j; rewrite !mxE /ent.
rewrite (nth_map [::]) ?sA ?ltn_ord // (nth_map [::]) ?sB ?ltn_ord //.
rewrite (dotE (rA i) (rB j)); apply: eq_bigr => k _; by rewrite !mxE.
Qed.

Lemma size_lprod u v : size u = size v -> size (lprod u v) = size u.
Proof. by elim: u v => [|x u IH] [|y v] //= [/IH ->]. Qed.

Lemma nth_lprod u v i : size u = size v ->
  f (nth zero (lprod u v) i) = f (nth zero u i) * f (nth zero v i).
Proof.
elim: u v i => [|x u IH] [|y v] [|i] //=; rewrite ?f0 ?mul0r //.
by case=> /IH ->.
Qed.

Lemma lscaleE n m a A : size a = m -> wf n m A ->
  wf n m (map (lprod a) A) /\
  lmx n m (map (lprod a) A) = lmx n m A *m diag_mx (\row_i f (nth zero a i)).
Proof.
move=> sa wA; have [sA rA] := wfP wA; split.
  case/andP: wA => /eqP _ /(all_nthP [::]) h; rewrite /wf size_map sA eqxx /= all_map.
  by apply/(all_nthP [::]) => i /h /eqP sr /=; rewrite size_lprod sa.
apply/matrixP=> i j; rewrite mul_mx_diag !mxE /ent (nth_map [::]) ?sA ?ltn_ord //.
by rewrite nth_lprod ?rA // mulrC.
Qed.

Lemma sumsqE n u : size u = n -> f (sumsq u) = sqnorm (lcol n u).
Proof.
by move=> su; rewrite /sumsq (dotE su su); apply: eq_bigr => i _; rewrite mxE expr2.
Qed.

Lemma sumsqmE n m A : wf n m A -> f (sumsqm A) = frob (lmx n m A).
Proof.
case/andP=> /eqP <-; rewrite /frob.
elim: A => [|r A IH] /=; first by rewrite big_ord0.
case/andP=> /eqP sr wA; rewrite fD IH // big_ord_recl; congr (_ + _).
  by rewrite /sumsq (dotE sr sr); apply: eq_bigr => i _; rewrite !mxE expr2.
by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE.
Qed.

Lemma labsE x : f (labs x) = `|f x|.
Proof.
rewrite /labs f_le f0; have [h|h] := leP 0 (f x); first by rewrite ger0_norm.
by rewrite fB f0 sub0r ltr0_norm.
Qed.

Lemma lsumE n (g : nat -> T) : f (lsum (map g (iota 0 n))) = \sum_(j < n) f (g j).
Proof.
rewrite -(big_mkord xpredT (fun j => f (g j))) /index_iota subn0.
by elim: (iota 0 n) => [|i l IH] /=; rewrite ?big_nil ?big_cons ?f0 // fD IH.
Qed.

(** Diagonal dominance *)
Lemma dominant_psd n (B : 'M[K]_n) (v : 'cV[K]_n) :
  B^T = B -> (forall i, \sum_j `|B i j| <= B i i + B i i) ->
  0 <= (v^T *m B *m v) 0 0.
Proof.
move=> sB dom.
have -> : (v^T *m B *m v) 0 0 = \sum_i \sum_j B i j * (v i 0 * v j 0).
  rewrite -mulmxA mxE; apply: eq_bigr => i _; rewrite !mxE mulr_sumr.
  by apply: eq_bigr => j _; rewrite mulrCA.
pose lo i j := (i == j)%:R * (B i i + B i i) * v i 0 ^+ 2
     - `|B i j| * v i 0 ^+ 2 / 2%:R - `|B i j| * v j 0 ^+ 2 / 2%:R.
have le i j : lo i j <= B i j * (v i 0 * v j 0).
  rewrite /lo; have [<-|_] := eqVneq i j.
    have b0 : 0 <= B i i + B i i by apply: le_trans (dom i); apply: sumr_ge0 => k _.
    have {}b0 : 0 <= B i i by move: b0; rewrite -mulr2n pmulrn_lge0.
    rewrite ger0_norm // le_eqVlt; apply/orP; left; apply/eqP.
    by move: (B i i) (v i 0) => b w; rewrite mul1r; field.
  rewrite !mul0r sub0r.
  have : 0 <= (`|v i 0| - `|v j 0|) ^+ 2 by rewrite sqr_ge0.
  rewrite sqrrB !real_normK ?num_real // addrAC subr_ge0 => amgm.
  have h : - (`|B i j| * (`|v i 0| * `|v j 0|)) <= B i j * (v i 0 * v j 0).
    by rewrite -!normrM ler_oppl -normrN ler_norm.
  apply: le_trans h; rewrite -opprD ler_opp2 -mulrDl -mulrDr -mulrA ler_wpmul2l //.
  by rewrite ler_pdivl_mulr ?ltr0n // mulr_natr.
apply: (@le_trans _ _ (\sum_i \sum_j lo i j)); last first.
  by apply: ler_sum => i _; apply: ler_sum => j _.
have e : \sum_i \sum_j `|B i j| * v j 0 ^+ 2 / 2%:R = \sum_i \sum_j `|B i j| * v i 0 ^+ 2 / 2%:R.
  rewrite exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _.
  by rewrite -[in LHS]sB mxE.
have -> : \sum_i \sum_j lo i j
   = \sum_i ((B i i + B i i) - \sum_j `|B i j|) * v i 0 ^+ 2.
  transitivity (\sum_i \sum_j (i == j)%:R * (B i i + B i i) * v i 0 ^+ 2
     - \sum_i \sum_j `|B i j| * v i 0 ^+ 2 / 2%:R - \sum_i \sum_j `|B i j| * v j 0 ^+ 2 / 2%:R).
    rewrite -!sumrB; apply: eq_bigr => i _; by rewrite -!sumrB.
  rewrite e -addrA -opprD -big_split /= -sumrB; apply: eq_bigr => i _.
  rewrite (bigD1 i) //= eqxx mul1r big1 => [|j ji]; last by rewrite eq_sym (negbTE ji) !mul0r.
  rewrite addr0 mulrBl; congr (_ - _); rewrite -big_split mulr_suml /=.
  by apply: eq_bigr => j _; field.
by apply: sumr_ge0 => i _; rewrite mulr_ge0 ?sqr_ge0 // subr_ge0.
Qed.

Lemma trB n m (A B : 'M[K]_(n, m)) : (A - B)^T = A^T - B^T.
Proof. by rewrite linearB. Qed.
Lemma trZ n m a (A : 'M[K]_(n, m)) : (a *: A)^T = a *: A^T.
Proof. by rewrite linearZ. Qed.

(** Explicit state bound *)
Lemma explicit_bound phi M n m p (N : rnn K n m p) rho cF cb H :
  nonexpansive phi -> phi 0 = 0 -> 0 <= rho -> 0 <= M -> 0 <= cF ->
  (forall v, norm (trans N *m v) <= rho * norm v) ->
  (forall v, norm (inw N *m v) <= cF * norm v) ->
  norm (bias N) <= cb -> norm (init N) <= H -> rho * H + cF * M + cb <= H ->
  state_bound phi M N H.
Proof.
move=> ne p0 rho0 M0 c0 Wr Fr br ir Hr; split=> // x adm.
have step h k : norm h <= H ->
    norm (map_mx phi (trans N *m h + inw N *m x k + bias N)) <= H.
  move=> hH; apply: le_trans _ Hr.
  set z := _ + bias N.
  have -> : map_mx phi z = map_mx phi z - map_mx phi (0 : 'cV_n).
    by rewrite -[LHS]subr0; congr (_ - _); apply/matrixP=> i j; rewrite !mxE.
  apply: le_trans (norm_nonexp _ _ ne) _; rewrite subr0 /z.
  apply: le_trans (normvD _ _) _; apply: ler_add => //.
  apply: le_trans (normvD _ _) _; apply: ler_add.
    by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
  apply: le_trans (Fr _) _; apply: ler_wpmul2l => //.
  by rewrite -norm_leb.
by elim=> [|k IH]; apply: step.
Qed.

(** Contractivity certificate alone. *)
Lemma contr_sound (c : cert T) :
  wf (c_n c) (c_n c) (c_W c) -> wf (c_n c) (c_n c) (c_L c) ->
  0 < f (c_dW c) -> 0 < f (c_drho c) -> 0 < f (c_s c) -> check_contr c ->
  [/\ 0 <= f (c_rho c) / f (c_drho c), f (c_rho c) < f (c_drho c) &
    forall v, norm (trans (net c) *m v) <= f (c_rho c) / f (c_drho c) * norm v].
Proof.
move=> wW wL dW drho s_gt0 contr.
case/and3P: contr => rho0 rho1 /forall1P dom.
rewrite f_le f0 in rho0.
have rho1' := f_lt rho1.
pose rho := f (c_rho c) / f (c_drho c).
have rho_ge0 : 0 <= rho by rewrite divr_ge0 // ltW.
pose Wc := lmx (c_n c) (c_n c) (c_W c); pose Lc := lmx (c_n c) (c_n c) (c_L c).
have Wr v : norm (trans (net c) *m v) <= rho * norm v.
  rewrite -norm_le // -scalemxAl sqnormZ -/Wc.
  pose pd2 := (f (c_rho c) * f (c_dW c)) ^+ 2; pose q2 := f (c_drho c) ^+ 2.
  pose B := f (c_s c) *: (pd2%:M - q2 *: (Wc *m Wc^T)) - Lc *m Lc^T.
  have symB : B^T = B.
    by rewrite /B trB trZ trB trZ tr_scalar_mx !trmx_mul !trmxK.
  have psd := dominant_psd v symB; move: psd.
  have -> : (v^T *m B *m v) 0 0
     = f (c_s c) * (pd2 * sqnorm v - q2 * sqnorm (Wc^T *m v)) - sqnorm (Lc^T *m v).
    rewrite !sqnormE !trmx_mul !trmxK /B mulmxBr mulmxBl -scalemxAr -scalemxAl.
    rewrite mulmxBr mulmxBl -scalemxAr -scalemxAl mul_mx_scalar -scalemxAl !mulmxA.
    by rewrite !mxE.
  move=> psd; have : 0 <= f (c_s c) * (pd2 * sqnorm v - q2 * sqnorm (Wc^T *m v)) - sqnorm (Lc^T *m v).
    apply: psd => i; have := dom i; rewrite f_le fD lsumE.
    have BE (j : 'I_(c_n c)) : f (sub (mul (c_s c) (sub (if val i == val j then mul (mul (c_rho c) (c_dW c)) (mul (c_rho c) (c_dW c)) else zero) (mul (mul (c_drho c) (c_drho c)) (ent (lmulT (c_W c) (c_W c)) i j)))) (ent (lmulT (c_L c) (c_L c)) i j)) = B i j.
      rewrite !(fB, fM) /B -(lmulTE wW wW) -(lmulTE wL wL) !mxE.
      congr (_ * (_ - _) - _); rewrite val_eqE.
      by case: (i == j); rewrite ?f0 ?mulr0n ?mulr1n // /pd2 !fM expr2.
    rewrite (BE i) => le; apply: le_trans le; rewrite le_eqVlt; apply/orP; left; apply/eqP.
    by apply: eq_bigr => j _; rewrite labsE (BE j).
  rewrite subr_ge0 => /(le_trans (sqnorm_ge0 _)); rewrite pmulr_rge0 // subr_ge0 => le.
  have D0 : 0 < ((f (c_drho c) * f (c_dW c)) ^+ 2)^-1.
    by rewrite invr_gt0 exprn_gt0 // mulr_gt0.
  move: le; rewrite -(ler_pmul2r D0) /q2 /pd2 /rho.
  move: (sqnorm _) (sqnorm _) => X Y; congr (_ <= _).
    by field; rewrite !gt_eqF.
  by field; rewrite !gt_eqF.
by split.
Qed.

Lemma base_pos (c : cert T) : check_base c ->
  [/\ wf (c_n c) (c_n c) (c_W c), wf (c_n c) (c_m c) (c_F c), size (c_b c) = c_n c,
      size (c_h c) = c_n c & wf (c_n c) (c_n c) (c_L c)] /\
  [/\ 0 < f (c_dW c), 0 < f (c_dF c), 0 < f (c_db c), 0 < f (c_dC c) & 0 < f (c_dh c)] /\
  [/\ 0 < f (c_dM c), 0 < f (c_dH c), 0 < f (c_drho c), 0 < f (c_dnF c) & 0 < f (c_dnb c)] /\
  0 < f (c_a c) /\ 0 < f (c_s c).
Proof.
case/andP=> wW /andP[wF] /andP[/eqP sb] /andP[_] /andP[/eqP sh] /andP[wL].
rewrite /all !(@andbT) => /andP[dW] /andP[dF] /andP[db] /andP[dC] /andP[dh] /andP[dM] /andP[dH].
case/andP=> drho /andP[dnF] /andP[dnb] /andP[a_gt0 s_gt0].
have pos x : ltb zero x -> 0 < f x by move=> /f_lt; rewrite f0.
by do 4 ?split=> //; apply: pos.
Qed.

(** U is orthogonal, and its upper left block is W. *)
Lemma orth_sound (c : cert T) : check_shape c -> check_orth c ->
  orthogonal (dilU c) /\ ulsubmx (dilU c) = trans (net c).
Proof.
case/andP=> /base_pos[_] [[dW _ _ _ _] [_ [a_gt0 _]]] /andP[wQ /eqP sa] orth.
have pos x : ltb zero x -> 0 < f x by move=> /f_lt; rewrite f0.
case/andP: orth => /forall2P G /andP[/forall1P ad] /andP[/forall2P Qe] /andP[/forall1P al] /forall1P ej.
set N := (c_n c + c_r c)%N in G ad.
have [wS SE] := lscaleE sa wQ.
pose R : 'M[K]_N := (lmx N N (c_Q c))^T.
pose al_ := \row_(i < N) f (nth zero (c_alpha c) i).
pose dd_ := \row_(i < N) f (nth zero (c_dd c) i).
have GE : R^T *m diag_mx al_ *m R = diag_mx dd_.
  rewrite /R trmxK; have := lmulTE wQ wS; rewrite SE trmx_mul tr_diag_mx mulmxA => <-.
  apply/matrixP=> i j; rewrite !mxE (f_eq (G i j)).
  rewrite -val_eqE /=; case: (_ == _); first by rewrite mulr1n.
  by rewrite f0 mulr0n.
have al0 i : 0 < al_ 0 i by rewrite mxE; case/andP: (ad i) => /pos.
have dd0 i : 0 < dd_ 0 i by rewrite mxE; case/andP: (ad i) => _ /pos.
pose sal := \row_(i < N) Num.sqrt (al_ 0 i).
pose sdd := \row_(i < N) (Num.sqrt (dd_ 0 i))^-1.
have UE : dilU c = diag_mx sal *m R *m diag_mx sdd.
  rewrite /dilU /R; congr (diag_mx _ *m _ *m diag_mx _).
    by apply/rowP=> i; rewrite !mxE.
  by apply/rowP=> i; rewrite !mxE.
have oU : orthogonal (dilU c).
  suff o : (dilU c)^T *m dilU c = 1%:M by split=> //; apply: mulmx1C.
  rewrite UE !trmx_mul !tr_diag_mx -!mulmxA (mulmxA (diag_mx sal) (diag_mx sal)).
  have -> : diag_mx sal *m diag_mx sal = diag_mx al_.
    rewrite mulmx_diag; congr diag_mx; apply/rowP=> i; rewrite !mxE -expr2 sqr_sqrtr //.
    by have := ltW (al0 i); rewrite mxE.
  rewrite (mulmxA (diag_mx al_)) (mulmxA R^T) (mulmxA R^T) GE mulmxA !mulmx_diag.
  apply/matrixP=> i j; rewrite !mxE; congr (_ *+ _).
  have d0 := dd0 i; rewrite mxE in d0.
  rewrite mulrAC -invfM -expr2 sqr_sqrtr ?ltW // mulVf //.
  by rewrite gt_eqF.
split=> //.
apply/matrixP=> i j; rewrite UE mxE [in LHS]mxE mul_mx_diag mxE mul_diag_mx !mxE /=.
have := f_eq (Qe j i); rewrite fM => ->.
have := f_eq (al i) => ->.
have /andP[/pos e0 /f_eq] := ej j; rewrite !fM => ->.
set ee := f (nth zero (c_e c) j) in e0 *.
rewrite sqrtrM ?(ltW a_gt0) // -expr2 sqrtr_sqr gtr0_norm ?mulr_gt0 //.
have sa0 : 0 < Num.sqrt (f (c_a c)) by rewrite sqrtr_gt0.
by field; rewrite !gt_eqF.
Qed.

(** H bounds every state. *)
Lemma bound_sound (c : cert T) : check_base c -> check_contr c -> check_bound c ->
  state_bound (@relu K) (bound_M c) (net c) (f (c_H c) / f (c_dH c)).
Proof.
move=> base contr bnd.
have [[wW wF sb sh wL] [[dW dF db dC dh] [[dM dH drho dnF dnb] [_ s_gt0]]]] := base_pos base.
have [rho_ge0 rho1' Wr] := contr_sound wW wL dW drho s_gt0 contr.
set rho := f (c_rho c) / f (c_drho c) in rho_ge0 Wr.
rewrite /check_bound !f_le !f0 !(fM, fD, fB) in bnd.
case/andP: bnd => H0 /andP[nF0] /andP[nb0] /andP[M0] /andP[Fle] /andP[ble] /andP[hle Hle].
pose H := f (c_H c) / f (c_dH c).
have H_ge0 : 0 <= H by rewrite divr_ge0 // ltW.
pose cF := f (c_nF c) / f (c_dnF c); pose cb := f (c_nb c) / f (c_dnb c).
have cF0 : 0 <= cF by rewrite divr_ge0 // ltW.
have cb0 : 0 <= cb by rewrite divr_ge0 // ltW.
have quot (a b x y : K) : 0 < b -> 0 < y -> x * (b * b) <= a * a * (y * y) ->
    y^-1 ^+ 2 * x <= (a / b) ^+ 2.
  move=> b0 y0 h; have D0 : 0 < ((b * y) ^+ 2)^-1 by rewrite invr_gt0 exprn_gt0 // mulr_gt0.
  move: h; rewrite -(ler_pmul2r D0); congr (_ <= _); field; by rewrite !gt_eqF.
have Fr v : norm (inw (net c) *m v) <= cF * norm v.
  rewrite -norm_le // -scalemxAl sqnormZ.
  apply: le_trans (_ : (f (c_dF c))^-1 ^+ 2 * (frob (lmx (c_n c) (c_m c) (c_F c)) * sqnorm v) <= _).
    by rewrite ler_wpmul2l ?sqr_ge0 // sqnorm_mulmx.
  rewrite mulrA ler_wpmul2r ?sqnorm_ge0 //; apply: quot => //.
  by rewrite -(sumsqmE wF).
have br : norm (bias (net c)) <= cb.
  by rewrite -norm_leb // sqnormZ; apply: quot => //; rewrite -(sumsqE sb).
have ir : norm (init (net c)) <= H.
  by rewrite -norm_leb // sqnormZ; apply: quot => //; rewrite -(sumsqE sh).
have M_ge0 : 0 <= bound_M c by rewrite divr_ge0 // ltW.
have Hr : rho * H + cF * bound_M c + cb <= H.
  rewrite /rho /H /cF /cb /bound_M -subr_ge0.
  set D := f (c_drho c) * f (c_dH c) * (f (c_dnF c) * f (c_dM c) * f (c_dnb c)).
  have D0 : 0 < D by rewrite !mulr_gt0.
  rewrite -(pmulr_rge0 _ D0).
  rewrite -subr_ge0 in Hle; move: Hle; congr (_ <= _); rewrite /D; field.
  by rewrite !gt_eqF.
exact: explicit_bound (@relu_nonexp K) (relu_flat (lexx 0)) rho_ge0 M_ge0 cF0 Wr Fr br ir Hr.
Qed.

(** An orthogonal U with corner W, and a state bound, give equal outputs. *)
Lemma urnn_sound (c : cert T) :
  orthogonal (dilU c) -> ulsubmx (dilU c) = trans (net c) ->
  state_bound (@relu K) (bound_M c) (net c) (f (c_H c) / f (c_dH c)) ->
  equivalent (@relu K) (bound_M c) (net c) (urnn c).
Proof.
move=> oU ulW bH.
pose W2 := ursubmx (dilU c); pose W3 := dlsubmx (dilU c); pose W4 := drsubmx (dilU c).
have bU : dilU c = block_mx (trans (net c)) W2 W3 W4 by rewrite -ulW submxK.
pose H := f (c_H c) / f (c_dH c); rewrite -/H in bH.
rewrite bU in oU.
have W1 v : norm (trans (net c) *m v) <= 1 * norm v.
  rewrite mul1r ler_norm_norm.
  have -> : sqnorm v = sqnorm (col_mx v (0 : 'cV_(c_r c))) by rewrite sqnorm_col_mx sqnorm0 addr0.
  rewrite -(sqnorm_orth _ oU.1) mul_block_col sqnorm_col_mx !mulmx0 !addr0.
  by rewrite ler_addl sqnorm_ge0.
have flat0 (z : K) : z <= 0 -> `|relu z - 0| <= 0 by move/relu_flat->; rewrite subrr normr0.
move=> x adm k.
have := shadow (@relu_nonexp K) oU ler01 W1 bH (lexx 0) flat0 (lexx 0) _ adm k.
rewrite !mulr0 addr0 lexx => /(_ isT).
have -> : dilate (net c) W2 W3 W4 0 (H + 0 + Num.sqrt (c_r c)%:R * (`|0 : K| + 0) - 0) = urnn c.
  rewrite /dilate /urnn -bU normr0 !addr0 mulr0 addr0 subr0.
  have z q : const_mx 0 = 0 :> 'cV[K]_q by apply/matrixP=> i j; rewrite !mxE.
  by rewrite !z mulmx0 subr0.
move=> le0; rewrite /output -[state _ (urnn c) x k]vsubmxK mul_row_col mul0mx addr0.
suff /eqP -> : usubmx (state (@relu K) (urnn c) x k) == state (@relu K) (net c) x k by [].
rewrite -subr_eq0; apply/eqP/sqnorm_eq0.
by rewrite -sqr_norm; apply/eqP; rewrite sqrf_eq0 eq_le le0 norm_ge0.
Qed.

Theorem check_sound (c : cert T) : check c ->
  orthogonal (trans (urnn c)) /\ equivalent (@relu K) (bound_M c) (net c) (urnn c).
Proof.
case/and4P=> sh /(orth_sound sh)[oU ulW] contr bnd; split=> //; apply: urnn_sound => //.
by case/andP: sh => base _; apply: bound_sound.
Qed.

Theorem check_exists_sound (c : cert T) (M : K) : check_exists c ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') & equivalent (@relu K) M (net c) T'].
Proof.
case/and5P=> wW wL /f_lt dW /f_lt drho /andP[/f_lt s0 contr].
rewrite f0 in dW drho s0.
have [r0 r1 Wr] := contr_sound wW wL dW drho s0 contr.
apply: theorem_3_1; exists (f (c_rho c) / f (c_drho c)); split.
  by rewrite r0 /= ltr_pdivr_mulr // mul1r.
by move=> v; rewrite norm_le.
Qed.
Corollary contraction_sound (c : cert T) : check_exists c -> contraction (trans (net c)).
Proof.
case/and5P=> wW wL /f_lt dW /f_lt drho /andP[/f_lt s0 contr].
rewrite f0 in dW drho s0.
have [r0 r1 Wr] := contr_sound wW wL dW drho s0 contr.
exists (f (c_rho c) / f (c_drho c)); split.
  by rewrite r0 /= ltr_pdivr_mulr // mul1r.
by move=> v; rewrite norm_le.
Qed.

(** ** Diagonal scaling: [c] is the certificate of the rescaled network. *)
Lemma scaling_sound (o c : cert T) (e : seq T) : check_scaling o c e ->
  let E := \row_(i < c_n c) f (nth zero e i) in
  (forall i, 0 < E 0 i) /\ net c = rescale E (net (original o c)).
Proof.
case/andP=> po /andP[pc] /andP[/forall1P e0] /andP[/forall2P hW] /andP[/forall2P hF].
case/andP=> /forall1P hb /andP[/forall2P hC] /forall1P hh E.
move: po pc; rewrite /all !(@andbT).
case/andP=> oW /andP[oF] /andP[ob] /andP[oC oh].
case/andP=> dW /andP[dF] /andP[db] /andP[dC dh].
have pos x : ltb zero x -> f x != 0 by move=> /f_lt; rewrite f0 => x0; rewrite gt_eqF.
move: oW oF ob oC oh dW dF db dC dh.
move=> /pos oW /pos oF /pos ob /pos oC /pos oh /pos dW /pos dF /pos db /pos dC /pos dh.
have E0 i : 0 < E 0 i by rewrite mxE; have := f_lt (e0 i); rewrite f0.
have En0 (i : 'I_(c_n c)) : f (nth zero e i) != 0 by have := E0 i; rewrite mxE => /lt0r_neq0.
have cross (x y z w : K) : z != 0 -> w != 0 -> x * w = y * z -> w^-1 * y = z^-1 * x.
  by move=> z0 w0 xy; rewrite -[y](mulfK z0) -xy; field; rewrite z0 w0.
split=> //; rewrite /rescale /net; congr Rnn.
- apply/matrixP=> i j; rewrite mul_mx_diag mul_diag_mx !mxE /=.
  have := f_eq (hW j i); rewrite !fM => /(cross _ _ _ _ oW dW) h.
  have n0 := En0 j; apply: (mulIf n0); rewrite mulfVK //.
  by rewrite -mulrA [_ * f (nth zero e j)]mulrC h mulrCA.
- apply/matrixP=> i j; rewrite mul_diag_mx !mxE /=.
  by have := f_eq (hF i j); rewrite !fM => /(cross _ _ _ _ oF dF) ->; rewrite mulrCA.
- apply/matrixP=> i j; rewrite mul_diag_mx !mxE /=.
  by have := f_eq (hb i); rewrite !fM => /(cross _ _ _ _ ob db) ->; rewrite mulrCA.
- apply/matrixP=> i j; rewrite mul_mx_diag !mxE /=.
  have := f_eq (hC i j); rewrite !fM => /(cross _ _ _ _ oC dC) h.
  have n0 := En0 j; apply: (mulIf n0); rewrite mulfVK //.
  by rewrite -mulrA [_ * f (nth zero e j)]mulrC h.
- apply/matrixP=> i j; rewrite mul_diag_mx !mxE /=.
  by have := f_eq (hh i); rewrite !fM => /(cross _ _ _ _ oh dh) ->; rewrite mulrCA.
Qed.

Theorem check_scaled_sound (o c : cert T) (e : seq T) : check c && check_scaling o c e ->
  orthogonal (trans (urnn c)) /\
  equivalent (@relu K) (bound_M c) (net (original o c)) (urnn c).
Proof.
case/andP=> /check_sound[oU eqv] /scaling_sound[e0 ce]; split=> // x adm k.
by rewrite (rescale_equivalent _ e0 adm) -ce eqv.
Qed.

Theorem exists_scaled_sound (o c : cert T) (e : seq T) (M : K) :
  check_exists c && check_scaling o c e ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') &
        equivalent (@relu K) M (net (original o c)) T'].
Proof.
case/andP=> /contraction_sound ct /scaling_sound[e0 ce].
by apply: (theorem_3_1_scaled M e0); rewrite -ce.
Qed.

(** ** Norm 1 with a rescaled bound. *)
Theorem check_norm_one_sound (o c : cert T) (e : seq T) (mu : T) : check_norm_one o c e mu ->
  orthogonal (trans (urnn (original o c))) /\
  equivalent (@relu K) (bound_M (original o c)) (net (original o c)) (urnn (original o c)).
Proof.
set u := original o c.
case/andP=> /andP[sh orth] /andP[base] /andP[/andP[contr bnd]] /andP[/scaling_sound[E0 cE]].
set E := \row_i _ in E0 cE.
case/andP=> /andP[/f_lt mu0 /forall1P mule] /andP[/f_eq eqM leH]; rewrite f0 in mu0.
have [oU ulW] := orth_sound sh orth; split=> //; apply: urnn_sound => //.
have [_ [_ [[dM dH _ _ _] _]]] := base_pos base.
have [_ [_ [[dMo dHo _ _ _] _]]] : _ := base_pos (proj1 (andP sh)).
rewrite /= in dMo dHo.
have sameM : bound_M u = bound_M c.
  rewrite !fM in eqM; rewrite /bound_M; apply/eqP.
  rewrite eqr_div; [by apply/eqP; exact: eqM | exact: lt0r_neq0 dMo | exact: lt0r_neq0 dM].
have Hmu : f (c_H c) / f (c_dH c) <= f (c_H o) / f (c_dH o) * f mu.
  rewrite ler_pdivr_mulr // -[leRHS]mulrA mulrAC ler_pdivl_mulr //.
  by rewrite f_le !fM in leH; rewrite mulrA.
have shrink (v : 'cV[K]_(c_n c)) :
    norm (diag_mx E *m v) <= f (c_H c) / f (c_dH c) -> norm v <= f (c_H o) / f (c_dH o).
  move=> le; have {le} le := le_trans le Hmu.
  have mv : norm (f mu *: v) <= norm (diag_mx E *m v).
    rewrite ler_norm_norm; apply: ler_sum => i _; rewrite mul_diag_mx !mxE !exprMn.
    rewrite ler_wpmul2r ?sqr_ge0 // ler_pexpn2r ?nnegrE ?(ltW mu0) //.
      by rewrite -f_le; apply: mule.
    by have := ltW (E0 i); rewrite mxE.
  move: (le_trans mv le); rewrite /norm sqnormZ sqrtrM ?sqr_ge0 // sqrtr_sqr gtr0_norm //.
  by rewrite mulrC ler_pmul2r.
have [iH sH] := bound_sound base contr bnd.
rewrite cE in iH sH; rewrite sameM; split; first exact: shrink.
by move=> x adm k; apply: shrink; rewrite -state_rescale //; apply: sH.
Qed.

(** ** Activations that are non-expansive and constant on a left half-line. *)
Theorem exists_flat_sound (c : cert T) (M : K) phi B kappa :
  nonexpansive phi -> (forall z, z <= B -> phi z = kappa) -> check_exists c ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') & equivalent phi M (net c) T'].
Proof.
move=> ne flat /contraction_sound ct; exact: flat_contraction ne flat ct.
Qed.
End Checker.

(** ReLU6, hard tanh and hard sigmoid are max (lo, min (hi, a z + c)) with 0 < a <= 1. *)
Section Clamp.
Variable K : rcfType.
Definition clamp (a c lo hi z : K) : K := Num.max lo (Num.min hi (a * z + c)).

Lemma clamp_flat a c lo hi z : 0 < a -> lo <= hi -> z <= (lo - c) / a ->
  clamp a c lo hi z = lo.
Proof.
move=> a0 lh zl; have : a * z + c <= lo by rewrite -ler_subr_addr mulrC -ler_pdivl_mulr.
by move=> h; apply/max_idPl; rewrite le_minl h orbT.
Qed.

Lemma max_nonexp (m s t : K) : `|Num.max m s - Num.max m t| <= `|s - t|.
Proof.
wlog st : s t / t <= s.
  by move=> h; have [|/ltW] := leP t s => [/h//|/h]; rewrite distrC [leRHS]distrC.
have mm : Num.max m t <= Num.max m s by rewrite le_maxl !le_maxr lexx st orbT.
rewrite !ger0_norm ?subr_ge0 // ler_subl_addr; rewrite le_maxl; apply/andP; split.
  by apply: (@le_trans _ _ (Num.max m t)); [rewrite le_maxr lexx | rewrite ler_addr subr_ge0].
by rewrite -{1}(subrK t s) ler_add2l le_maxr lexx orbT.
Qed.

Lemma min_nonexp (m s t : K) : `|Num.min m s - Num.min m t| <= `|s - t|.
Proof.
have minE x : Num.min m x = - Num.max (- m) (- x) by rewrite oppr_max !opprK.
by rewrite !minE -opprD normrN; apply: le_trans (max_nonexp _ _ _) _; rewrite -opprD normrN.
Qed.

Lemma clamp_nonexp a c lo hi : 0 <= a <= 1 -> nonexpansive (clamp a c lo hi).
Proof.
case/andP=> a0 a1 s t; apply: le_trans (max_nonexp _ _ _) _.
apply: le_trans (min_nonexp _ _ _) _.
rewrite opprD addrACA subrr addr0 -mulrBr normrM ger0_norm //.
by rewrite ler_pimull.
Qed.
End Clamp.
